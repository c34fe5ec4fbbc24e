import { once } from 'node:events'

const LINE_BYTES = 1024
const CHUNK_LINES = 256

/** Writes as many bytes of JSON lines, 1 KB each, as its argument says: `node lines.mjs 1000000000`. */
const lines = Math.ceil(Number(process.argv[2]) / LINE_BYTES)
const text = 'x'.repeat(LINE_BYTES - '{"to":"first","event":{"id":1000000000,"text":""}}\n'.length)
for (let start = 0; start < lines; start += CHUNK_LINES) {
  let chunk = ''
  for (let id = start; id < Math.min(start + CHUNK_LINES, lines); id++) {
    chunk += `{"to":"first","event":{"id":${1_000_000_000 + id},"text":"${text}"}}\n`
  }
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
}
