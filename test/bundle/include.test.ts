import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, problemsOf, unzip } from './bundled.ts'

const project = (include: readonly string[], files: Readonly<Record<string, string>> = {}) =>
  projectFolder({
    'package.json': '{ "type": "module" }',
    'topology.json': JSON.stringify({ name: 'files', processors: { a: { path: './a.js', include } } }),
    'a.js': 'export const handler = () => 1',
    ...files,
  })

test('files keep their paths if globs name them or their folder, and programs stay executable', async () => {
  const folder = project(['data', '**/*.tpl'], {
    'data/b/deep.csv': '1',
    'data/a.csv': '2',
    'mail/hello.tpl': 'hi',
    'run.tpl': '#!',
  })
  chmodSync(join(folder, 'run.tpl'), 0o700)
  chmodSync(join(folder, 'data/a.csv'), 0o600)
  const files = await unzip((await artifactsOf(folder)).a!)
  const modes = [...files].map(([path, { mode }]) => `${path} ${mode.toString(8)}`)
  expect(modes.filter((text) => /^(?:data|mail|run)/.test(text))).toEqual([
    'data/a.csv 644',
    'data/b/deep.csv 644',
    'mail/hello.tpl 644',
    'run.tpl 755',
  ])
})

test('error records never get into an artifact, because they contain events', async () => {
  const files = { '.attak/errors/dev/files.jsonl': '{}', '.shown': 'x' }
  const paths = [...(await unzip((await artifactsOf(project(['.*'], files))).a!)).keys()]
  expect(paths.filter((path) => path.startsWith('.'))).toEqual(['.shown'])
})

test('secrets of any name, missing files and names that are taken are refused', async () => {
  const folder = project(['.env*', 'alias.txt', 'no/*.csv', 'index.mjs'], {
    '.env': 'A=1',
    '.env.local': 'A=2',
    'index.mjs': '',
  })
  symlinkSync(join(folder, '.env'), join(folder, 'alias.txt'))
  const told = (await problemsOf(folder)).map(({ code, where, what }) => `${code} ${where} ${what}`)
  expect(told).toEqual([
    'INCLUDE_REFUSED processors.a include ".env*": would ship .env, and files with secrets are never put into an artifact',
    'INCLUDE_REFUSED processors.a include ".env*": would ship .env.local, and files with secrets are never put into an artifact',
    'INCLUDE_REFUSED processors.a include "alias.txt": would ship alias.txt, and files with secrets are never put into an artifact',
    'INCLUDE_REFUSED processors.a include "no/*.csv": matches no file',
  ])
  expect((await problemsOf(project(['index.mjs'], { 'index.mjs': '' }))).map(({ what }) => what)).toEqual([
    'include has index.mjs, a name that attak uses for the bundled code',
  ])
})
