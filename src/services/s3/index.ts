export { createS3, type S3Options, type S3Service } from "./create.ts";
