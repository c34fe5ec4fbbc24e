import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import { keptErrorsOf, removableOf } from '../../runtime/error-reader.ts'
import { parseRecord } from '../../runtime/parse-record.ts'
import type { ErrorReader } from '../../runtime/store.ts'

/** Where error records are in a bucket. */
export interface BucketPlace {
  readonly bucket: string
  /** The start of their keys; the id and `.json` follow. */
  readonly prefix: string
}

/** Reads the error records of a bucket, an object each: see `store.ts`. */
export function bucketReader(client: S3Client, { bucket: Bucket, prefix: Prefix }: BucketPlace): ErrorReader {
  const get = async (Key: string) => {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }))
      const parsed = parseRecord((await Body?.transformToString()) ?? '', `bucket ${Bucket}, object ${Key}`)
      return { parsed, ETag }
    } catch (error) {
      // Removed meanwhile: somebody else has replayed it.
      if (failedWith(error, 'NoSuchKey')) return undefined
      throw error
    }
  }
  return {
    async list() {
      const objects = await pagesOf(async (ContinuationToken) => {
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }))
        return { items: page.Contents, next: page.NextContinuationToken }
      })
      const keys = objects.map(({ Key = '' }) => Key).filter((key) => key.endsWith('.json'))
      return keptErrorsOf((await gather(keys, get)).map(({ parsed }) => parsed))
    },
    async remove(records) {
      const isRemovable = removableOf(records)
      const removed = await gather([...new Set(records.map(({ id }) => id))], async (id) => {
        const Key = `${Prefix}${id}.json`
        const got = await get(Key)
        if (got?.parsed.kind !== 'record' || !isRemovable(got.parsed.record)) return undefined
        try {
          // A record that is written again meanwhile has another ETag, and stays.
          await client.send(new DeleteObjectCommand({ Bucket, Key, ...(got.ETag && { IfMatch: got.ETag }) }))
          return id
        } catch (error) {
          if (failedWith(error, 'PreconditionFailed')) return undefined
          throw error
        }
      })
      return new Set(removed)
    },
  }
}
