import type { BuildOptions } from 'esbuild'

/** Finds files as Node does; TypeScript, and what has no ending, where Node would find nothing. */
export const NODE_RESOLUTION = {
  platform: 'node',
  mainFields: ['main'],
  // esbuild adds `node`, and `import` or `require`. Node takes this one where `require` may load ES modules.
  conditions: ['module-sync'],
  resolveExtensions: ['.js', '.json', '.node', '.ts', '.tsx', '.jsx'],
} satisfies BuildOptions
