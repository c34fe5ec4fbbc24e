import { readFileSync } from 'node:fs'
import { extname, relative, sep } from 'node:path'
import type { Loader, Plugin } from 'esbuild'
import { isInPackages } from './packages.ts'

/** What gives what is built into Node without a module around it: see .ci/builtins.mjs. */
const AT_HAND = 'process.getBuiltinModule'

/** What a module says of its own place, and the constant that stands for it once several modules share an output. */
const PLACES = [
  { expression: 'import.meta.url', name: '__attak_url', value: 'attakPlace(PATH).href' },
  { expression: 'import.meta.filename', name: '__attak_filename', value: 'attakPath(attakPlace(PATH))' },
  { expression: 'import.meta.dirname', name: '__attak_dirname', value: 'attakPath(attakPlace(PATH+"/.."))' },
  { expression: '__filename', name: '__attak_filename_cjs', value: 'attakPath(attakPlace(PATH))' },
  { expression: '__dirname', name: '__attak_dirname_cjs', value: 'attakPath(attakPlace(PATH+"/.."))' },
]
const MENTIONS_PLACE = /import\.meta|__(?:dir|file)name/
const HASHBANG = /^(?:\ufeff)?#!.*\n/

/** Has every module's place told by the constants that {@link placesKept} declares: esbuild's `define`. */
export const PLACE_NAMES = Object.fromEntries(PLACES.map(({ expression, name }) => [expression, name]))

/**
 * What an artifact's modules begin with: `require` for CommonJS, and what places are told by. A folder ends without `/`.
 */
export const MODULE_BANNER = [
  'const attakBase=import.meta.url,attakPlace=(path)=>new URL(path,attakBase),',
  `require=${AT_HAND}("node:module").createRequire(attakBase),`,
  `attakPath=(url)=>${AT_HAND}("node:url").fileURLToPath(url).replace(/(.)[\\\\/]$/,"$1");`,
].join('')

/** What modules of packages begin with. They are minified, so that no name of theirs can be one of these. */
export const PACKAGES_BANNER = [
  `const require=${AT_HAND}("node:module").createRequire(import.meta.url),`,
  '__filename=import.meta.filename,__dirname=import.meta.dirname;',
].join('')

/** A source map that says nothing, so that packages stay out of those of artifacts. */
const NOTHING = Buffer.from(JSON.stringify({ version: 3, sources: [''], mappings: 'AAAA' })).toString('base64')
const NO_MAP = ['\n//#', `sourceMappingURL=data:application/json;base64,${NOTHING}`].join(' ')

/**
 * Tells modules that they lie beside the artifact's entry just as they lie beside the topology (`dir`), so that what they
 * read by their own place is found where `include` puts it. Packages are left out of source maps.
 */
export function placesKept(dir: string): Plugin {
  return {
    name: 'attak-places',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, ({ path }) => {
        const loader = LOADERS[extname(path)]
        if (loader === undefined) return undefined
        const inPackages = isInPackages(path)
        const source = readFileSync(path, 'utf8')
        const end = inPackages ? NO_MAP : ''
        if (!MENTIONS_PLACE.test(source)) return inPackages ? { contents: source + end, loader } : undefined
        const place = JSON.stringify(placeIn(dir, path))
        const declared = PLACES.map(
          ({ name, value }) => `${name}=/* @__PURE__ */(()=>${value.replace('PATH', place)})()`,
        )
        const start = HASHBANG.exec(source)?.[0].length ?? 0
        return { contents: `${source.slice(0, start)}const ${declared.join(',')};${source.slice(start)}${end}`, loader }
      })
    },
  }
}

/** Where a file lies beside the entry: `./processors/a.ts`; a package's is beside all others, wherever it was found. */
function placeIn(dir: string, file: string): string {
  const parts = relative(dir, file).split(sep)
  const packages = parts.lastIndexOf('node_modules')
  return `./${parts.slice(Math.max(packages, 0)).join('/')}`
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}
