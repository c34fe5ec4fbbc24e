import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { isInPackages } from '../sources/packages.ts'
import { CODE, declarePlaces, type Places } from '../sources/places.ts'
import { withoutData } from './topology-data.ts'

/** What gives what is built into Node without a module around it: see .ci/builtins.mjs. */
const AT_HAND = 'process.getBuiltinModule'

/** Last in a banner: see {@link withoutIdleRequire}. */
const REQUIRE = `,require=${AT_HAND}("node:module").createRequire(import.meta.url);`

/**
 * What an artifact's modules begin with: `require` for CommonJS, and what places are told by. A folder ends without `/`.
 */
export const MODULE_BANNER = [
  'const attakBase=import.meta.url,attakPlace=(path)=>new URL(path,attakBase),',
  `attakPath=(url)=>${AT_HAND}("node:url").fileURLToPath(url).replace(/(.)[\\\\/]$/,"$1")${REQUIRE}`,
].join('')

/** What modules of packages begin with. They are minified, so that no name of theirs can be one of these. */
export const PACKAGES_BANNER = `const __filename=import.meta.filename,__dirname=import.meta.dirname${REQUIRE}`

/** A module with `require` in its banner only where it has any use for it: to make one takes a millisecond of each cold start. */
export function withoutIdleRequire(contents: Uint8Array): Uint8Array {
  const text = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength).toString()
  const without = text.replace(REQUIRE, ';')
  return /\brequire\b/.test(without) ? contents : Buffer.from(without)
}

/** A source map that says nothing, so that packages stay out of those of artifacts. */
const NOTHING = Buffer.from(JSON.stringify({ version: 3, sources: [''], mappings: 'AAAA' })).toString('base64')
const NO_MAP = ['\n//#', `sourceMappingURL=data:application/json;base64,${NOTHING}`].join(' ')

/**
 * Tells modules that they lie beside the artifact's entry just as they lie beside the topology (`dir`), so that what they
 * read by their own place is found where `include` puts it. Packages are left out of source maps. Plain data of the topology's
 * module is left out too, where `topology` names it.
 */
export function placesKept(dir: string, topology?: string): Plugin {
  return {
    name: 'attak-places',
    setup(build) {
      build.onLoad({ filter: CODE, namespace: 'file' }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        const source = path === topology ? withoutData(text) : text
        const contents = declarePlaces(source, () => placesOf(JSON.stringify(placeIn(dir, path))))
        return { contents: isInPackages(path) ? contents + NO_MAP : contents, loader: 'default' }
      })
    },
  }
}

function placesOf(place: string): Places {
  const told = (expression: string) => `/* @__PURE__ */(()=>${expression})()`
  return {
    url: told(`attakPlace(${place}).href`),
    filename: told(`attakPath(attakPlace(${place}))`),
    dirname: told(`attakPath(attakPlace(${place}+"/.."))`),
  }
}

/** Where a file lies beside the entry: `./processors/a.ts`; a package's is beside all others, wherever it was found. */
function placeIn(dir: string, file: string): string {
  const parts = relative(dir, file).split(sep)
  const packages = parts.lastIndexOf('node_modules')
  return `./${parts.slice(Math.max(packages, 0)).join('/')}`
}
