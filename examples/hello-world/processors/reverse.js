/** Emits a string back to front, and is done once the stream has taken it. */
exports.handler = (string, context, callback) => {
  context.emit('reversed strings', [...string].reverse().join(''), callback)
}
