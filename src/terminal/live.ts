/** The text that lives at the bottom of the screen, and its way into an open prompt. */
export interface Live {
  /**
   * Takes the live text off the screen and hands it to a prompt, now and whenever it changes.
   * @returns gives it back to the screen.
   */
  handOver(show: (lines: readonly string[]) => void): () => void;
}
