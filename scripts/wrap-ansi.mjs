// Stands for `wrap-ansi` in the bundle: log-update wraps lines with it, the prompts already bring a smaller one that
// does the same.
export { wrapAnsi as default } from 'fast-wrap-ansi';
