/**
 * A build back end, as Python text, that writes the environment it is given to `$HOME/seen`, one `NAME=value` a line,
 * and builds the package `demo` 0.1, which has nothing in it.
 * @param needs a requirement of the build, and the module that it brings.
 */
export function tellingBackend(needs?: { requirement: string; module: string }): string {
  const asked =
    needs === undefined
      ? ''
      : `def get_requires_for_build_editable(settings=None):\n    return ["${needs.requirement}"]\n`;
  return `
import os, pathlib, zipfile
${asked}def build_editable(folder, settings=None, metadata=None):
${needs === undefined ? '' : `    import ${needs.module}\n`}    pathlib.Path(os.environ["HOME"], "seen").write_text("\\n".join(f"{k}={v}" for k, v in os.environ.items()))
    name = "demo-0.1-py3-none-any.whl"
    info = "demo-0.1.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
    return name
`;
}
