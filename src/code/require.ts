/** The file beside laid-out modules that provides the `require` of their sources. */
export const REQUIRE_FILE = 'attak-require.cjs'

/** The contents of that file. */
export const REQUIRE_TEXT = `const { createRequire } = require('node:module')
const { posix } = require('node:path')
module.exports = (moved, place, files) => {
  const own = createRequire(place)
  const meant = (name) => {
    const at = /^\\.{1,2}(\\/|$)/.test(name) ? posix.normalize(name).replace(/^(?!\\.\\.?(\\/|$))/, './') : name
    return files[name] ?? ['', '.js', '.json', '/index.js', '/index.json'].map((end) => files[at + end]).find(Boolean)
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
    // Data lies where its source does; code has another place, which is that of its module in the cache.
    if (/\\.json$/.test(to)) {
      try {
        return own.resolve(name, options)
      } catch {}
    }
    return require.resolve(to, options)
  }
  resolve.paths = own.resolve.paths
  return Object.assign(call, { resolve, main: moved.main, cache: moved.cache, extensions: moved.extensions })
}
`
