// The same pipeline in RxJS. Each of its three steps gets its own copy by JSON, as attak promises it.
import { createReadStream } from 'node:fs'
import { concatMap, from, map, mergeMap } from 'rxjs'
import { aggregate, enrich } from './aggregate.mjs'

const copy = (event) => JSON.parse(JSON.stringify(event))
let rest = ''

function linesOf(chunk) {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  return lines
}

from(createReadStream(process.argv[2], { encoding: 'utf8' }))
  .pipe(
    concatMap(linesOf),
    map((line) => JSON.parse(line)),
    map(copy),
    map(copy),
    mergeMap((event) => [enrich(event)]),
    map(copy),
  )
  .subscribe(aggregate)
