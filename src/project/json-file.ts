import { readFileSync, statSync } from 'node:fs'
import { MOST_JSON_BYTES, type ParsedJson, parseJsonFile, TOO_LARGE } from './json.ts'

/** Reads a file of JSON that belongs to a project: its topology, its package.json. Throws what the file system throws. */
export function readJsonFile(file: string): ParsedJson {
  if (statSync(file).size <= MOST_JSON_BYTES) return parseJsonFile(readFileSync(file))
  return { kind: 'fault', fault: { line: 1, column: 1, what: TOO_LARGE, excerpt: '' } }
}
