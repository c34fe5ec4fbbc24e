/** attak builds a module that Node refuses for its spelling, so this advice does not apply. */
const ADVICE = /^(To load an|Failed to load the) ES module/

/**
 * Prints warnings of Node in the same way in each run: without the id of the process, and without advice for flags of Node.
 * They go to `target` in the async context of the code that caused them.
 */
export function printWarnings(owner: NodeJS.Process & Traced, target: Pick<Console, 'error'>): void {
  const options = [...owner.execArgv, owner.env.NODE_OPTIONS ?? ''].join(' ')
  const disabled = new Set([...options.matchAll(/--disable-warning[= ](\S+)/g)].map(([, which]) => which))
  // Node has no printer if its warnings are switched off.
  for (const ofNode of owner.listeners('warning').filter(({ name }) => name === 'onWarning')) {
    owner.off('warning', ofNode)
    owner.on('warning', (warning: Warning) => {
      const isOff = disabled.has(warning.name) || disabled.has(String(warning.code))
      const isDeprecation = warning.name === 'DeprecationWarning'
      if (isOff || ADVICE.test(warning.message) || (isDeprecation && owner.noDeprecation)) return
      const isTraced = owner.traceProcessWarnings || (isDeprecation && owner.traceDeprecation)
      const code = warning.code === undefined ? '' : `[${warning.code}] `
      const text = (isTraced && warning.stack) || `${warning.name}: ${warning.message}`
      target.error(`(node) ${code}${text}${typeof warning.detail === 'string' ? `\n${warning.detail}` : ''}`)
    })
  }
}

/** The property that `--trace-warnings` sets. */
interface Traced {
  readonly traceProcessWarnings?: boolean
}

interface Warning extends Error {
  readonly code?: string
  readonly detail?: unknown
}
