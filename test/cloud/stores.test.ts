import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { inject } from 'vitest'
import { createAwsClient } from '../../src/aws/client.ts'
import { errorObjectsPrefix } from '../../src/stores/s3/resources.ts'
import { createS3Store } from '../../src/stores/s3/store.ts'
import { KEYS, PLACE } from '../contract/emulator.ts'
import { storeContract } from '../contract/store.ts'

let buckets = 0

for (const emulator of ['ministack', 'moto'] as const) {
  storeContract(`s3, on ${emulator}`, async () => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: inject(emulator) }
    const client = createAwsClient({ env, now: Date.now })
    const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY }
    const s3 = new S3Client({ endpoint: env.AWS_ENDPOINT_URL, region: PLACE.region, credentials, forcePathStyle: true })
    const errors = { store: 's3', bucket: `errors-${process.pid}-${buckets++}`, prefix: "team (it's)/" } as const
    const parts = { topology: 'orders', stage: 'dev', client, place: PLACE, now: Date.now, errors }
    const Bucket = errors.bucket
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))
    const keys = async () => {
      const Prefix = errorObjectsPrefix(parts, errors)
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }))
      return Contents.map(({ Key }) => Key!)
    }
    return {
      store: createS3Store(parts),
      lost: createS3Store({ ...parts, errors: { ...errors, bucket: 'errors-nowhere' } }),
      async kept() {
        const objects = (await keys()).map((Key) => s3.send(new GetObjectCommand({ Bucket, Key })))
        return Promise.all((await Promise.all(objects)).map(({ Body }) => Body!.transformToString()))
      },
      async close() {
        for (const Key of await keys()) await s3.send(new DeleteObjectCommand({ Bucket, Key }))
        await s3.send(new DeleteBucketCommand({ Bucket }))
        s3.destroy()
        client.close()
      },
    }
  })
}
