import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, type Files, runBeside, textsOf } from './bundled.ts'

/** Two handlers in their own files, of which the topology imports both; `b` is edited. */
const MODULES: Files = {
  'package.json': '{ "type": "module" }',
  'h/a.js': `export const a = (event, c) => c.emit('out', ['a', event])\nexport default a`,
  'h/b.js': `export const b = (event, c) => c.emit('out', ['b', event])\nexport default b`,
}

const TWO = `export default { name: 'two', processors: { a, b }, streams: [['a', 'b', 'x']] }`
const OF_ALL = `export default { name: 'two', processors: { a: all.a, b: all.b } }`
const barrel = (text: string): Files => ({ 'h/index.js': text })

const FORMS: Readonly<Record<string, Files>> = {
  'by their names': { 'topology.js': `import { a } from './h/a.js'\nimport { b } from './h/b.js'\n${TWO}` },
  'as defaults, through defineTopology': {
    'topology.js': `import { defineTopology } from 'attak'\nimport a from './h/a.js'\nimport b from './h/b.js'
export default defineTopology({ name: 'two', processors: { a, b } })`,
  },
  'with settings': {
    'topology.js': `import { a } from './h/a.js'\nimport { b } from './h/b.js'
export default { name: 'two', processors: { a: { handler: a, memory: 256 }, b: { handler: b, timeout: 3 } } }`,
  },
  'in TypeScript, in a list': {
    'topology.ts': `import { a } from './h/a.js'\nimport { b } from './h/b.js'
const processors: readonly unknown[] = [a, b]\nexport default { name: 'two' as string, processors }`,
  },
  'as their own modules': {
    'topology.js': `import * as one from './h/a.js'\nimport * as two from './h/b.js'
export default { name: 'two', processors: { a: one.a, b: two.default } }`,
  },
  'through a module that exports them again': {
    'topology.js': `import { a, b } from './h/index.js'\n${TWO}`,
    ...barrel(`export { a } from './a.js'\nexport { b } from './b.js'`),
  },
  'through one that exports all, of one that exports all': {
    'topology.js': `import { a, b } from './h/index.js'\n${TWO}`,
    ...barrel(`export * from './more.js'`),
    'h/more.js': `export * from './a.js'\nexport * from './b.js'`,
  },
  'through one that has other names for them': {
    'topology.js': `import * as all from './h/index.js'\n${OF_ALL}`,
    ...barrel(`export { default as a } from './a.js'\nimport other from './b.js'\nexport { other as b }`),
  },
  'as a whole module of them': {
    'topology.js': `import * as all from './h/index.js'\nexport default { name: 'two', processors: all }`,
    ...barrel(`export { default as a } from './a.js'\nexport { default as b } from './b.js'`),
  },
  'as a whole module of them, spread': {
    'topology.js': `import * as all from './h/index.js'\nexport default { name: 'two', processors: { ...all, c: () => 1 } }`,
    ...barrel(`export { default as a } from './a.js'\nexport { default as b } from './b.js'`),
  },
  'required by CommonJS': {
    'package.json': '{}',
    'topology.js': `const { a } = require('./h/a.js')\nconst two = require('./h/b.js')
module.exports = { name: 'two', processors: { a, b: two.b } }`,
    'h/a.js': `exports.a = (event, c) => c.emit('out', ['a', event])`,
    'h/b.js': `exports.b = (event, c) => c.emit('out', ['b', event])`,
  },
  'as objects with methods': {
    'topology.js': `import a from './h/a.js'\nimport b from './h/b.js'\n${TWO}`,
    'h/a.js': `export default new (class A { word = 'a'; handler(event, c) { c.emit('out', [this.word, event]) } })()`,
  },
  'from TypeScript without an ending': {
    'topology.ts': `import { a } from './h/a'\nimport { b } from './h/b'\n${TWO}`,
    'h/a.ts': `export async function a(event: unknown, c: any): Promise<void> { await c.emit('out', ['a', event]) }`,
  },
}

describe('an edit of an imported handler does not change the artifact of another', () => {
  test.each(Object.entries(FORMS))('imported %s', async (_, form) => {
    const files = { ...MODULES, ...form }
    const edited = files['h/b.js']!.replace("'b', event", "'edited', event")
    const [before, after] = await Promise.all([
      artifactsOf(projectFolder(files)),
      artifactsOf(projectFolder({ ...files, 'h/b.js': edited })),
    ])
    expect(edited).not.toBe(files['h/b.js'])
    expect(after.a!.hash).toBe(before.a!.hash)
    expect(after.b!.hash).not.toBe(before.b!.hash)
    expect([...(await textsOf(before.a!)).keys()]).not.toContain('h/b.js')
    const script = `const { load } = await import('./index.mjs')
      const { handler, self } = await load('a')
      await handler.call(self, 'event', { emit: async (_topic, data) => console.log(JSON.stringify(data)) })`
    expect(await runBeside(before.a!, join(projectFolder({}), 'task'), script)).toBe('["a","event"]\n')
  })
})
