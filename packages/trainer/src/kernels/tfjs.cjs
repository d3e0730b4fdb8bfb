// The library tfjs, loaded by `require`. An `import` of it would take 0.15 s of processor time more: Node.js searches the 1.5 MB of a
// CommonJS module for the names of its exports, unless these are assigned as here.
const tf = require('@tensorflow/tfjs-core');
module.exports = tf;
