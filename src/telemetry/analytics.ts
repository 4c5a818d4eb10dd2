/** How a tool that reports its use to its makers is told not to. */
export interface AnalyticsSwitch {
  /** The distribution that has it. */
  distribution: string;
  variable: string;
  value: string;
}

/**
 * Switches of third parties, each verified in the package's source (facts telemetry §1c). Not `DO_NOT_TRACK`: that
 * would also silence what a person turns on by choice.
 */
export const ANALYTICS_SWITCHES: readonly AnalyticsSwitch[] = [
  { distribution: 'streamlit', variable: 'STREAMLIT_BROWSER_GATHER_USAGE_STATS', value: 'false' },
  { distribution: 'great-expectations', variable: 'GX_ANALYTICS_ENABLED', value: 'false' },
  { distribution: 'mlflow', variable: 'MLFLOW_DISABLE_TELEMETRY', value: 'true' },
  { distribution: 'dvc', variable: 'DVC_NO_ANALYTICS', value: '1' },
];

/** The same for Prefect, as settings of its profile. Orchestration telemetry of Prefect Cloud is left alone. */
export const PREFECT_ANALYTICS: Readonly<Record<string, string>> = { PREFECT_SERVER_ANALYTICS_ENABLED: 'false' };

/**
 * Variables that turn third-party analytics off.
 * @param distributions names of what the workspace can install; undefined sets all of them.
 */
export function analyticsVariables(distributions: readonly string[] | undefined): Record<string, string> {
  const known = distributions && new Set(distributions.map(name => name.toLowerCase().replace(/[-_.]+/g, '-')));
  const wanted = ANALYTICS_SWITCHES.filter(({ distribution }) => known === undefined || known.has(distribution));
  return Object.fromEntries(wanted.map(({ variable, value }) => [variable, value]));
}
