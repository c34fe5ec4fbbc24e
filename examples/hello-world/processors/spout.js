/** Emits each of the strings it is given. Declaring `callback` says that the handler settles through it. */
exports.handler = (strings, context, callback) => {
  for (const string of strings) context.emit('text', string)
  callback()
}
