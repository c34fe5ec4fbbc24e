import { extname } from 'node:path'
import type { JsonFault, ParsedJson } from './json.ts'
import { readJsonFile } from './json-file.ts'

/** Where and why a file cannot be read. */
export type ReadFault = Omit<JsonFault, 'kind'>

/** Reads a topology that is data. Throws what the file system throws. */
export type Reader = (file: string) => ParsedJson<ReadFault>

/** The readers of topologies that are data and not code, by file extension. */
const READERS: ReadonlyMap<string, Reader> = new Map([['.json', readJsonFile]])

/** The endings of files that hold a topology as data, in the order in which they are looked for. */
export const DATA_ENDINGS: readonly string[] = [...READERS.keys()]

/** Returns the reader of a topology; undefined if it is code. */
export function readerOf(file: string): Reader | undefined {
  return READERS.get(extname(file))
}
