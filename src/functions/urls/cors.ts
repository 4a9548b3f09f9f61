import type { Cors } from "@aws-sdk/client-lambda";
import type { CorsSettings } from "./model.ts";

/** Undefined if nothing is set. */
export function corsSettings(cors: Cors | undefined): CorsSettings | undefined {
  if (cors === undefined) return undefined;
  const settings = {
    ...(cors.AllowCredentials === undefined ? {} : { allowCredentials: cors.AllowCredentials }),
    ...(cors.AllowHeaders === undefined ? {} : { allowHeaders: cors.AllowHeaders }),
    ...(cors.AllowMethods === undefined ? {} : { allowMethods: cors.AllowMethods }),
    ...(cors.AllowOrigins === undefined ? {} : { allowOrigins: cors.AllowOrigins }),
    ...(cors.ExposeHeaders === undefined ? {} : { exposeHeaders: cors.ExposeHeaders }),
    ...(cors.MaxAge === undefined ? {} : { maxAgeSeconds: cors.MaxAge }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

export function describeCors(settings: CorsSettings): Cors {
  return {
    ...(settings.allowCredentials === undefined ? {} : { AllowCredentials: settings.allowCredentials }),
    ...(settings.allowHeaders === undefined ? {} : { AllowHeaders: [...settings.allowHeaders] }),
    ...(settings.allowMethods === undefined ? {} : { AllowMethods: [...settings.allowMethods] }),
    ...(settings.allowOrigins === undefined ? {} : { AllowOrigins: [...settings.allowOrigins] }),
    ...(settings.exposeHeaders === undefined ? {} : { ExposeHeaders: [...settings.exposeHeaders] }),
    ...(settings.maxAgeSeconds === undefined ? {} : { MaxAge: settings.maxAgeSeconds }),
  };
}
