// The same pipeline as a loop by hand: nothing is copied, routed, counted or retried.
import { createReadStream } from 'node:fs'
import { aggregate, enrich } from './aggregate.mjs'

let rest = ''
for await (const chunk of createReadStream(process.argv[2], { encoding: 'utf8' })) {
  const text = rest + chunk
  let start = 0
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    aggregate(enrich(JSON.parse(text.slice(start, end))))
    start = end + 1
  }
  rest = text.slice(start)
}
