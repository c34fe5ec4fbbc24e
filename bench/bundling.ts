// What the rows of bundling call of attak.
export { type BundleOptions, bundleProject } from '../src/bundle/bundle.ts'
export { compileUnits } from '../src/bundle/compile.ts'
export { entrySource } from '../src/bundle/generate.ts'
export { functionModule } from '../src/bundle/own-files.ts'
export { unitsOf } from '../src/bundle/units.ts'
export { buildGraph, parseTopology } from '../src/project/parse.ts'
