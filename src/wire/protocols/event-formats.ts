import type { JsonDecoders } from "../codecs/json-decoder.ts";
import type { JsonEncoders } from "../codecs/json-encoder.ts";
import { decodeXmlTarget } from "../codecs/xml-decoder.ts";
import type { XmlEncoder } from "../codecs/xml-encoder.ts";
import { parseXml } from "../codecs/xml-parser.ts";
import type { PayloadFormat } from "../event-stream/payload-format.ts";
import { parseJsonObject } from "./json-body.ts";

export function jsonEvents(mediaType: string, encoders: JsonEncoders, decoders: JsonDecoders): PayloadFormat {
  return {
    mediaType,
    encoder: (target) => {
      const encode = encoders.of(target);
      return (value) => Buffer.from(JSON.stringify(encode(value)), "utf8");
    },
    decoder: (target) => {
      const decode = decoders.of(target);
      return (bytes) => decode(parseJsonObject(bytes));
    },
  };
}

/** Documents are elements named after their shape. */
export function xmlEvents(xml: XmlEncoder, xmlns: string): PayloadFormat {
  return {
    mediaType: "text/xml",
    encoder: (target) => {
      const { shape, traits } = target;
      if (shape.kind !== "structure")
        throw new Error(`an event's document is no structure but a ${shape.kind}`);
      const name = traits.xmlName ?? shape.name;
      return (value) => Buffer.from(xml.structure(name, shape, value, xmlns), "utf8");
    },
    decoder: (target) => (bytes) => {
      const element = parseXml(bytes);
      if (target.shape.kind !== "document") return decodeXmlTarget(target, element);
      return Object.fromEntries(element.children.map((child) => [child.name, child.text]));
    },
  };
}
