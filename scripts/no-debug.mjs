// Stands for `debug` in the bundle: what a library says about its connections would otherwise be printed when somebody
// has set DEBUG, addresses of proxies with their passwords among it.
export default () => () => {};
