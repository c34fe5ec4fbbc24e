#!/usr/bin/env node
const { join } = require('node:path')
const { openScripts } = require('../dist/scripts.cjs')

const scripts = openScripts(join(__dirname, '../dist'), require, process)
const { hostOf, main } = scripts.load('cli')

// For when nothing is left that could settle what follows.
process.once('beforeExit', () => {
  process.exitCode = 70
})
main(process.argv.slice(2), hostOf(process)).then((code) => {
  scripts.keep()
  // Timers and sockets that a project leaves open do not keep the process: by now all that was written has been taken.
  process.exit(code)
})
