import type { PackageCase } from './cases.ts'

/** The ways in which a processor is written, by the ending of its file. */
export const FORMS = ['mjs', 'cjs', 'mts', 'cts'] as const

/** One of {@link FORMS}. */
export type Form = (typeof FORMS)[number]

const SERVE = `const serve = async (use) => {
  const answer = (request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method: request.method, url: request.url }))
  }
  const server = process.getBuiltinModule('node:http').createServer(answer)
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  try { return await use('http://127.0.0.1:' + server.address().port) } finally { server.close(); server.closeAllConnections() }
}
`
const IMPORT = /^import (?:(.+) from )?'([^']+)'$/

/** Writes the processor of a case as a module of a form. It emits the value, or the error. */
export function sourceOf({ imports, use, only }: PackageCase, form: Form): string {
  const isTyped = form.endsWith('ts')
  const isModule = form.startsWith('m')
  const isLazy = !isModule && only === 'module'
  const head = isModule ? imports : isLazy ? [] : imports.map((text, index) => required(text, isTyped, index))
  const types = isTyped ? ': any' : ''
  const exported = isModule ? 'export const handler' : isTyped ? 'export const handler' : 'exports.handler'
  return `${head.join('\n')}
${use.includes('serve(') ? SERVE.replaceAll('(use)', `(use${types})`) : ''}
${exported} = async (event${types}, context${types}) => {
  let value${types}
  try {
    ${isLazy ? imports.map((text) => awaited(text)).join('\n    ') : ''}
    value = { value: await (${use}) ?? null }
  } catch (error${types}) {
    value = { error: (process.env.SHOW_STACKS ? error?.stack : undefined) ?? String(error) }
  }
  await context.emit('out', value)
}
`
}

/** An import declaration as CommonJS: TypeScript has two own forms for it. */
function required(text: string, isTyped: boolean, index: number): string {
  const [, clause, specifier] = IMPORT.exec(text)!
  if (clause === undefined) return isTyped ? text : `require('${specifier}')`
  const name = clause.replace(/^\* as /, '')
  if (isTyped && name.startsWith('{')) return text
  const renamed = name.replaceAll(' as ', ': ')
  if (!isTyped) return `const ${renamed} = require('${specifier}')`
  return name.startsWith('{')
    ? `import $${index} = require('${specifier}'); const ${renamed} = $${index}`
    : `import ${name} = require('${specifier}')`
}

function awaited(text: string): string {
  const [, clause, specifier] = IMPORT.exec(text)!
  if (clause === undefined) return `await import('${specifier}')`
  if (clause.startsWith('* as ')) return `const ${clause.slice(5)} = await import('${specifier}')`
  if (clause.startsWith('{')) return `const ${clause.replaceAll(' as ', ': ')} = await import('${specifier}')`
  return `const { default: ${clause} } = await import('${specifier}')`
}
