/** What to do where CommonJS uses `await` as a name, which Node allows and esbuild does not. */
export const RENAME_AWAIT = 'Rename it: attak compiles CommonJS with esbuild, which reserves the word await.'

const AS_NAME = /^Cannot use "await" as an identifier here:?$/

/** Whether a fault is that code uses `await` as a name. */
export function isAwaitAsName(text: string): boolean {
  return AS_NAME.test(text)
}

/** Leaves out the faults that follow in a file from `await` as a name: esbuild misreads the rest of it. */
export function withoutFaultsOfAwait<
  Fault extends { readonly text: string; readonly location: { readonly file: string } | null },
>(faults: readonly Fault[]): readonly Fault[] {
  const named = new Set<string>()
  return faults.flatMap((fault) => {
    const file = fault.location?.file ?? ''
    if (named.has(file)) return []
    if (!isAwaitAsName(fault.text)) return [fault]
    named.add(file)
    return [{ ...fault, text: fault.text.replace(/:$/, '') }]
  })
}
