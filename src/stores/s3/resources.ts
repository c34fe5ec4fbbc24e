import type { Place, Scope } from '../../aws/names.ts'
import type { StoreAccess } from '../../aws/resources.ts'
import { errorObjectsPrefix } from './keys.ts'

/** What keeping error records in a bucket takes; the bucket is the user's, and there already. */
export function s3Access(
  scope: Scope,
  errors: { readonly store: 's3'; readonly bucket: string; readonly prefix: string },
  { partition }: Place,
): StoreAccess {
  const bucket = `arn:${partition}:s3:::${errors.bucket}`
  const on = [`${bucket}/${errorObjectsPrefix(scope, errors)}*`]
  return {
    keep: { actions: ['s3:PutObject'], on },
    look: [
      { actions: ['s3:DeleteObject', 's3:GetObject'], on },
      { actions: ['s3:ListBucket'], on: [bucket] },
    ],
  }
}
