/** Identifiers that functions may be created with, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
export const ACCEPTED_RUNTIMES: readonly string[] = words(`
  nodejs26.x nodejs24.x nodejs22.x nodejs20.x nodejs18.x nodejs16.x
  python3.15 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8
  java25 java21 java17.al2023 java17 java11.al2023 java11 java8.al2023 java8.al2
  dotnet10 dotnet8 dotnet6
  ruby4.0 ruby3.4 ruby3.3 ruby3.2
  provided.al2023 provided.al2`);

/** Identifiers that once were: layers may name them, functions no more. */
export const BLOCKED_RUNTIMES: readonly string[] = words(`
  nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x
  python2.7 python3.6 python3.7 java8 go1.x ruby2.5 ruby2.7 provided
  dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
