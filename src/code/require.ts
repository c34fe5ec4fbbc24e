/** The file beside laid-out modules that provides the `require` of their sources. */
export const REQUIRE_FILE = 'attak-require.cjs'

/** The contents of that file. */
export const REQUIRE_TEXT = `const { createRequire } = require('node:module')
const { isAbsolute, posix } = require('node:path')
module.exports = (moved, place, files) => {
  const own = createRequire(place)
  let known
  // The sources of files that have moved, and where they are now.
  const places = () => {
    known ??= new Map(
      Object.entries(files).flatMap(([name, to]) => {
        try {
          return [[own.resolve(name), moved.resolve(to)]]
        } catch {
          return []
        }
      }),
    )
    return known
  }
  const at = (key) => places().get(key) ?? key
  const cache = new Proxy(moved.cache, {
    get: (all, key) => all[at(key)],
    has: (all, key) => at(key) in all,
    deleteProperty: (all, key) => delete all[at(key)],
  })
  const meant = (name) => {
    const path = /^\\.{1,2}(\\/|$)/.test(name) ? posix.normalize(name).replace(/^(?!\\.\\.?(\\/|$))/, './') : name
    if (isAbsolute(name)) return places().get(name)
    return files[name] ?? ['', '.js', '.json', '/index.js', '/index.json'].map((end) => files[path + end]).find(Boolean)
  }
  const find = (name, how) => {
    const to = typeof name === 'string' ? meant(name) : undefined
    return to === undefined ? [own, name] : [moved, to]
  }
  const call = (name) => {
    const [require, to] = find(name)
    return require(to)
  }
  const resolve = (name, options) => {
    const [require, to] = find(name)
    if (require !== own) {
      // Where its source is, if Node finds that.
      try {
        return own.resolve(name, options)
      } catch {}
    }
    return require.resolve(to, options)
  }
  resolve.paths = own.resolve.paths
  return Object.assign(call, { resolve, main: moved.main, cache, extensions: moved.extensions })
}
`
