#!/usr/bin/env node
import module from 'node:module'
import { join } from 'node:path'

// Node 22.1 and later keep compiled code: not in the folder for temporary files, which may be gone or is to stay empty.
const { HOME } = process.env
if (HOME) module.enableCompileCache?.(join(HOME, '.cache/attak/compiled'))
const { hostOf, main } = await import('../dist/cli.js')

// For when nothing is left that could settle what follows.
process.once('beforeExit', () => {
  process.exitCode = 70
})
// Timers and sockets that a project leaves open do not keep the process: all that was written has been taken.
const host = hostOf(process)
host.leave(await main(process.argv.slice(2), host))
