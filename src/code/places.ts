/** The names of files that hold code, by their ending. */
export const CODE = /\.[cm]?[jt]sx?$/
