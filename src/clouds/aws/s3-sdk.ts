/** What is used of S3's library, in a module of our own: bundled, a library that is imported when needed lacks its names. */
export {
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3'
