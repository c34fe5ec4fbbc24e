/**
 * The used parts of S3's library, in a separate module: a bundled library that is imported on demand lacks its names.
 */
export {
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3'
