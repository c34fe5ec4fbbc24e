// Unpacks the artifacts of a topology, each into its own folder: `node unpack.ts <topology> <folder>`. A process of its
// own, since loading a project loads the packages that its processors import.
import { join } from 'node:path'
import { artifactsOf, unpack } from '../bundle/bundled.ts'

const [, , file, folder] = process.argv
for (const [name, artifact] of Object.entries(await artifactsOf(file!))) await unpack(artifact, join(folder!, name))
process.exit()
