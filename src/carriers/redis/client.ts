import type { Redis } from 'ioredis'
import { SCRIPTS } from './scripts.ts'

type Argument = string | number

/** The scripts as commands. The first argument is the prefix of all keys. */
export interface Scripts {
  /** Lists are taken apart. */
  attakCommit(prefix: string, ...args: (Argument | readonly Argument[])[]): Promise<'committed' | 'fenced'>
  attakSend(prefix: string, ...args: (Argument | readonly Argument[])[]): Promise<number>
  attakMove(prefix: string): Promise<number>
  attakEnsure(prefix: string, ...args: Argument[]): Promise<number[]>
  attakBalance(prefix: string, ...args: Argument[]): Promise<[gone: number, owned: string[]]>
  attakSuspect(prefix: string, ...args: Argument[]): Promise<number>
  attakSurvived(prefix: string, ...args: Argument[]): Promise<number>
  attakRelease(prefix: string, ...args: Argument[]): Promise<number>
}

/** Adds the scripts to a client. */
export function withScripts(client: Redis): Redis & Scripts {
  for (const [name, lua] of Object.entries(SCRIPTS)) client.defineCommand(name, { lua, numberOfKeys: 1 })
  return client as Redis & Scripts
}
