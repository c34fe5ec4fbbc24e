import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { attak as attakHere } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { attak, startWith } from '../spawned.ts'

const SOURCE = "{ type: 'http', properties: { connection: { port: 0 } } } // as samples had it\n"

const ECHO = `module.exports = ({ log, config }) => {
  log.info('made', config.greeting)
  return async (message, context) => {
    log.log('info', 'got', message.n)
    if (message.bad) throw Object.assign(new Error('no stock'), { code: 'STOCK' })
    return { n: message.n + 1, greeting: config.greeting, topic: typeof context.topic, isDate: context.gts instanceof Date }
  }
}
`

const RECEIVER = "{ module: '../receivers/echo.cjs', properties: { greeting: 'hello', }, }\n"

const FILES = {
  'package.json': '{ "name": "@shop/echo", "type": "module" }',
  'conf/source.json': SOURCE,
  'conf/receiver.json': RECEIVER,
  'receivers/echo.cjs': ECHO,
}

/** Starts a service, and gives what posts a text to it. */
async function open(files: Readonly<Record<string, unknown>>, flags: readonly string[] = [], env = {}) {
  const folder = folderOf(files)
  const started = startWith({ cwd: folder, env: { ...process.env, ...env } }, ['run', ...flags])
  await started.until('out', '→ ')
  const [, port] = /localhost:(\d+)/.exec(started.printed.out)!
  const post = (body: unknown) => fetch(`http://127.0.0.1:${port}/any`, { method: 'POST', body: JSON.stringify(body) })
  const lines = () =>
    started.printed.out
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))
  const stop = async () => {
    started.child.kill('SIGTERM')
    return started.ended
  }
  return { ...started, folder, post, lines, stop }
}

test('a source and a receiver are served from where guthega looks for them', async () => {
  const { post, lines, stop } = await open(FILES)
  const response = await post({ n: 1 })
  const requestId = response.headers.get('x-request-id')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({
    ...{ n: 2, greeting: 'hello', topic: 'undefined', isDate: true },
    ...{ requestId, gts: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
  expect(await stop()).toBe(0)
  expect(lines()).toMatchObject([
    { attak: 'service', text: 'shop-echo (dev) runs: 1 processor' },
    { attak: 'service', text: expect.stringMatching(/^ANY http:\/\/localhost:\d+\/\* → receiver$/) },
    { attak: 'log', text: 'made hello' },
    { attak: 'log', level: 'info', processor: 'receiver', text: 'got 1', root: requestId },
    { attak: 'end', level: 'info', outcome: 'ok', tookMs: expect.any(Number), root: requestId },
    { attak: 'service', text: 'Stopping.' },
  ])
})

test('a failure is answered with its message, and recorded', async () => {
  const { post, stop, folder } = await open(FILES, ['--source', 'conf/source.json', '--quiet'])
  const response = await post({ bad: true })
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { code: 'STOCK', message: 'no stock' }, requestId: response.headers.get('x-guthega-requestid') },
  ])
  expect(await stop()).toBe(0)
  const listed = attak(folder, 'errors', 'list', '--run', '--json')
  expect(JSON.parse(listed.out)[0]).toMatchObject({ processor: 'receiver', error: { message: 'no stock' } })
})

test('the flags name files anywhere, in JSON5 of any ending', async () => {
  const files = { ...FILES, 'other/in.json5': SOURCE, 'conf/receiver.json': '{}', 'other/out.conf': RECEIVER }
  const { post, stop } = await open(files, ['-s', 'other/in.json5', '-r', 'other/out.conf'])
  expect((await post({ n: 1 })).status).toBe(200)
  expect(await stop()).toBe(0)
})

test("guthega's variables set the level of the log and the name of the processor", async () => {
  const env = { GUTHEGA_LOG_LEVEL: 'warn', GUTHEGA_PROCESSOR_ID: 'host.example 1' }
  const { post, printed, stop, folder } = await open(FILES, ['--port', '0'], {
    ...env,
    GUTHEGA_LOG_LEVEL: 'silly',
  })
  await post({ n: 1 })
  await stop()
  expect(printed.out).toContain('→ host-example-1')
  const ran = await attakHere(folder, ['run'], { env: { GUTHEGA_LOG_LEVEL: 'wran' } })
  expect([ran.code, ran.err]).toEqual([2, '[USAGE] GUTHEGA_LOG_LEVEL: "wran" is no log level. Did you mean "warn"?\n'])
})

test('a receiver of attak itself, in TypeScript, and in a package of the project', async () => {
  for (const [module, files] of Object.entries({
    'attak/receivers/log': {},
    '../log.ts': { 'log.ts': 'export default () => async (message: unknown) => ({ got: message })' },
    '@shop/log': {
      'node_modules/@shop/log/package.json': '{ "version": "1.0.0", "main": "main.js" }',
      'node_modules/@shop/log/main.js':
        'exports.__esModule = true; exports.default = () => async () => ({ from: "package" })',
    },
  })) {
    const { post, stop } = await open({ ...FILES, ...files, 'conf/receiver.json': JSON.stringify({ module }) })
    expect((await post({ n: 1 })).status).toBe(200)
    expect(await stop()).toBe(0)
  }
})

/** Serves one package as npm's registry does. */
async function registry(name: string, versions: Readonly<Record<string, string>>) {
  const asked: string[] = []
  const tarballs = new Map<string, Buffer>()
  for (const [version, code] of Object.entries(versions)) {
    const folder = folderOf({
      'package/package.json': { name, version, main: 'main.js', scripts: { install: 'touch ran' } },
      'package/main.js': code,
    })
    tarballs.set(version, execFileSync('tar', ['-czf', '-', 'package'], { cwd: folder }))
  }
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '')
    asked.push(url)
    const version = /\/(\d[^/]*)\.tgz$/.exec(url)?.[1]
    if (version !== undefined) return void response.end(tarballs.get(version))
    if (url !== `/${name}`) return void response.writeHead(404).end('{"error":"not found"}')
    const all = [...tarballs].map(([one, bytes]) => {
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      const dist = { tarball: `${address()}/${name}/${one}.tgz`, integrity }
      return [one, { name, version: one, main: 'main.js', hasInstallScript: true, dist }]
    })
    const latest = [...tarballs.keys()].at(-1)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, 'dist-tags': { latest }, versions: Object.fromEntries(all) }))
  })
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, address: address() }
}

const VERSIONED = (version: string) => `module.exports = () => async () => ({ version: '${version}' })`

test('a package that is missing is installed once, in its version, without its scripts', async () => {
  const { address, asked } = await registry('@shop/log', { '1.0.0': VERSIONED('1.0.0'), '2.0.0': VERSIONED('2.0.0') })
  const files = { ...FILES, 'conf/receiver.json': "{ module: '@shop/log', version: '1.0.0' }" }
  const env = { NPM_REGISTRY: address, npm_config_cache: folderOf({}) }
  const first = await open(files, [], env)
  expect(first.printed.err).toContain(
    `Installing @shop/log@1.0.0 from ${address} into ${first.folder}/.attak/receivers/`,
  )
  expect(await (await first.post({ n: 1 })).json()).toMatchObject({ version: '1.0.0' })
  await first.stop()
  const folders = readdirSync(join(first.folder, '.attak/receivers'))
  expect(folders).toEqual(['@shop+log@1.0.0'])
  const installed = join(first.folder, '.attak/receivers/@shop+log@1.0.0/node_modules/@shop/log')
  expect(existsSync(join(installed, 'main.js'))).toBe(true)
  expect(existsSync(join(installed, 'ran'))).toBe(false)
  expect(readdirSync(first.folder).sort()).toEqual(['.attak', 'conf', 'package.json', 'receivers'])

  const count = asked.length
  const again = startWith({ cwd: first.folder, env: { ...process.env, ...env } }, ['run'])
  await again.until('out', '→ ')
  again.child.kill('SIGTERM')
  await again.ended
  expect(again.printed.err).not.toContain('Installing')
  expect(asked).toHaveLength(count)

  mkdirSync(join(first.folder, 'node_modules/@shop/log'), { recursive: true })
  writeFileSync(join(first.folder, 'node_modules/@shop/log/package.json'), '{ "version": "1.5.0", "main": "m.js" }')
  writeFileSync(join(first.folder, 'node_modules/@shop/log/m.js'), VERSIONED('1.5.0'))
  writeFileSync(join(first.folder, 'conf/receiver.json'), "{ module: '@shop/log', version: '2.0.0' }")
  const other = startWith({ cwd: first.folder, env: { ...process.env, ...env } }, ['run'])
  await other.until('out', '→ ')
  other.child.kill('SIGTERM')
  await other.ended
  expect(readdirSync(join(first.folder, '.attak/receivers')).sort()).toEqual(['@shop+log@1.0.0', '@shop+log@2.0.0'])
})

test('an install that fails says why, without a password, and leaves nothing', async () => {
  const { address } = await registry('@shop/log', { '1.0.0': VERSIONED('1.0.0') })
  const withPassword = address.replace('http://', 'http://me:secret@')
  for (const [receiver, why] of [
    ["{ module: '@shop/log', version: '3.0.0' }", '@shop/log@3.0.0 could not be installed'],
    ["{ module: 'none-of-it' }", 'none-of-it@latest could not be installed'],
  ]) {
    const folder = folderOf({ ...FILES, 'conf/receiver.json': receiver })
    const env = {
      ...process.env,
      NPM_REGISTRY: withPassword,
      npm_config_cache: folderOf({}),
      npm_config_fetch_retries: '0',
    }
    const { printed, ended } = startWith({ cwd: folder, env }, ['run'])
    expect(await ended).toBe(1)
    expect(printed.err).toContain(`[INSTALL_FAILED] ${why}: `)
    expect(printed.err).toContain('Check the name, the version and NPM_REGISTRY.')
    expect(printed.err).not.toContain('secret')
    expect(readdirSync(join(folder, '.attak/receivers'))).toEqual([])
  }
})

test.each([
  ['source', '{\n  type: http }', "conf/source.json:2:9: not JSON5: invalid character 'h'"],
  ['source', '', 'conf/source.json:1:1: not JSON5: invalid end of input'],
  ['source', '[]', 'conf/source.json: is not an object'],
  ['source', '{}', 'conf/source.json: type: type is missing. There are http'],
  ['source', "{ type: 'htpp' }", 'type: there is no source of the type "htpp". Did you mean "http"?'],
  [
    'source',
    "{ type: 'http', propertes: {} }",
    'conf/source.json: propertes: there is no setting "propertes". Did you mean "properties"?',
  ],
  [
    'source',
    "{ type: 'http', properties: { prot: 1 } }",
    'properties.prot: there is no setting "prot". Did you mean "port"?',
  ],
  [
    'source',
    "{ type: 'http', properties: { connection: { hots: 1 } } }",
    'properties.connection.hots: there is no setting "hots". Did you mean "host"?',
  ],
  [
    'source',
    "{ type: 'http', properties: { port: 'x' } }",
    'conf/source.json: properties.port: port must be a whole number',
  ],
  ['source', "{ type: 'http', properties: 3 }", 'conf/source.json: properties: must be an object'],
  ['receiver', '{', 'conf/receiver.json:1:2: not JSON5: invalid end of input'],
  ['receiver', '{}', 'conf/receiver.json: module: module is missing'],
  ['receiver', "{ module: 'A b' }", 'conf/receiver.json: module: "A b" is no name of a package'],
  ['receiver', "{ module: '--global' }", 'conf/receiver.json: module: "--global" is no name of a package'],
  ['receiver', "{ module: 'a', version: 'http://x' }", 'conf/receiver.json: version: is no version of a package'],
  ['receiver', "{ module: 'a', version: '--help' }", 'conf/receiver.json: version: is no version of a package'],
  [
    'receiver',
    "{ module: 'a', modlue: 1 }",
    'conf/receiver.json: modlue: there is no setting "modlue". Did you mean "module"?',
  ],
  ['receiver', "{ module: './none.js' }", 'conf/receiver.json: there is no module'],
  ['receiver', "{ module: '../receivers/none.js' }", 'conf/receiver.json: there is no module'],
  ['receiver', "{ module: '../empty.cjs' }", 'conf/receiver.json: empty.cjs exports no factory as default'],
  [
    'receiver',
    "{ module: 'attak/receivers/lgo' }",
    'conf/receiver.json: attak has no receiver "lgo". Did you mean "attak/receivers/log"?',
  ],
  [
    'receiver',
    "{ module: 'attak/receivers/file', properties: { paht: 'x' } }",
    'conf/receiver.json: properties.paht: there is no property "paht". Did you mean "path"?',
  ],
  ['receiver', "{ module: '../receivers/echo.cjs', retries: 'many' }", 'conf/receiver.json: retries: retries must be'],
])('a %s config %j is refused with its place', async (kind, text, expected) => {
  const folder = folderOf({ ...FILES, 'empty.cjs': 'exports.log = 1', [`conf/${kind}.json`]: text })
  const { code, err } = await attakHere(folder, ['run'])
  expect(err).toContain(expected)
  expect(code).toBe(1)
})

test('a file that is missing, or a topology beside the flags, is refused', async () => {
  const folder = folderOf({ ...FILES, 'topology.js': 'export default {}' })
  const none = await attakHere(folder, ['run', '--source', 'none.json'])
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('none.json: there is no such file')])
  const both = await attakHere(folder, ['run', 'topology.js', '--source', 'conf/source.json'])
  expect([both.code, both.err]).toEqual([2, expect.stringContaining('a topology is given, too')])
})

test('a folder with one of the files alone is a folder without a topology', async () => {
  const folder = folderOf({ 'conf/source.json': SOURCE })
  const { err } = await attakHere(folder, ['run'])
  expect(err).toContain('TOPOLOGY_NOT_FOUND')
})

test('a factory that throws fails the message with its error', async () => {
  const { post, stop } = await open({
    ...FILES,
    'receivers/echo.cjs': "module.exports = () => { throw new Error('no config') }",
  })
  const response = await post({ n: 1 })
  expect([response.status, await response.json()]).toMatchObject([400, { error: { message: 'no config' } }])
  expect(await stop()).toBe(0)
})

test('--watch loads the receiver again when it or a config changes', async () => {
  const { post, stop, folder, until, printed } = await open(FILES, ['--watch'])
  expect(await (await post({ n: 1 })).json()).toMatchObject({ greeting: 'hello' })
  writeFileSync(join(folder, 'conf/receiver.json'), RECEIVER.replace('hello', 'welcome'))
  const before = printed.out.split('→ ').length
  while (printed.out.split('→ ').length === before) await new Promise((resolve) => setTimeout(resolve, 20))
  await until('out', '→ ')
  const port = /localhost:(\d+)(?![\s\S]*localhost)/.exec(printed.out)![1]
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"n":1}' })
  expect(await response.json()).toMatchObject({ greeting: 'welcome' })
  await stop()
  expect(readFileSync(join(folder, 'conf/receiver.json'), 'utf8')).toContain('welcome')
})
