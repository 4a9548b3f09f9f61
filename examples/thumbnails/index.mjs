/** Makes a thumbnail of every picture that arrives in a bucket, and lists both in a table. */
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { thumbnailKey } from "./keys.mjs";

const WIDTH = 160;
const s3 = new S3Client({ forcePathStyle: true });
const dynamodb = new DynamoDBClient();

export async function handler(event) {
  const made = [];
  for (const {
    s3: { bucket, object },
  } of event.Records) {
    // S3 encodes keys in events like form fields.
    const key = decodeURIComponent(object.key.replaceAll("+", " "));
    made.push(await thumbnail(bucket.name, key));
  }
  return made;
}

async function thumbnail(Bucket, key) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
  const original = sharp(await Body.transformToByteArray());
  const { width, height, format } = await original.metadata();
  const { data, info } = await original
    .rotate()
    .resize({ width: WIDTH, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer({ resolveWithObject: true });
  const Key = thumbnailKey(key);
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: data, ContentType: "image/webp" }));
  await dynamodb.send(
    new PutItemCommand({
      TableName: process.env.TABLE,
      Item: {
        picture: { S: key },
        thumbnail: { S: Key },
        format: { S: format },
        width: { N: String(width) },
        height: { N: String(height) },
        bytes: { N: String(info.size) },
      },
    }),
  );
  console.log(`${key}: ${format} ${width} x ${height}, thumbnail ${info.width} x ${info.height}`);
  return Key;
}
