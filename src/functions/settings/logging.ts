import type { LoggingConfig } from "@aws-sdk/client-lambda";
import { because } from "../errors.ts";
import type { LoggingSettings } from "./model.ts";

export function defaultLogging(functionName: string): LoggingSettings {
  return { format: "Text", group: `/aws/lambda/${functionName}` };
}

/** Applies what a request says; JSON brings levels, Text takes them away. */
export function readLogging(input: LoggingConfig, present: LoggingSettings): LoggingSettings {
  const format = input.LogFormat ?? present.format;
  const group = input.LogGroup ?? present.group;
  if (format === "Text") {
    if (input.ApplicationLogLevel !== undefined || input.SystemLogLevel !== undefined) {
      throw because("logLevelWithText");
    }
    return { format, group };
  }
  return {
    format,
    applicationLevel: input.ApplicationLogLevel ?? present.applicationLevel ?? "INFO",
    systemLevel: input.SystemLogLevel ?? present.systemLevel ?? "INFO",
    group,
  };
}
