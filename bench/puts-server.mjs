/** Answers PutRecords: all accepted. Prints its port. */
import { createServer } from 'node:http'

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const { Records } = JSON.parse(Buffer.concat(chunks))
  response.setHeader('content-type', 'application/x-amz-json-1.1')
  const answers = Records.map((_, index) => ({ SequenceNumber: `${index}`, ShardId: 'shardId-000000000000' }))
  response.end(JSON.stringify({ FailedRecordCount: 0, Records: answers }))
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
