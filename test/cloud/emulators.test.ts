import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect, inject, test } from 'vitest'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

test.each(['ministack', 'moto'] as const)('%s answers', async (name) => {
  const sts = new STSClient({ endpoint: inject(name), region: 'us-east-1', credentials })
  expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toMatch(/^\d{12}$/)
})
