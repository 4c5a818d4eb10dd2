-- The figures of `hotpass-bootstrap report` in DuckDB, from ledgers of this or of many machines; a file is an install.
--
--   duckdb -cmd "SET VARIABLE ledger = 'path/to/*/ledger.jsonl'; SET VARIABLE month = '2026-11'" < report.sql
--
-- ledger: path or glob of ledger.jsonl files. month: YYYY-MM, UTC. looked_at (optional): now, milliseconds since 1970.
-- The result has a row for each metric: durations are seconds, quantiles of type 8, Kaplan-Meier where some are open.
-- Figures of fewer than five people are not left out here: do that before you show them to others.

CREATE OR REPLACE TEMP VIEW records AS
SELECT * FROM read_json(
    getvariable('ledger'), format = 'newline_delimited', ignore_errors = true, filename = 'install',
    columns = {
      schema: 'INTEGER', seq: 'BIGINT', wall: 'DOUBLE', mono: 'BIGINT', boot: 'VARCHAR', event: 'VARCHAR',
      episode: 'VARCHAR', cloned_at: 'DOUBLE', cohort: 'VARCHAR', name: 'VARCHAR', elapsed: 'DOUBLE', seconds: 'DOUBLE', "exit": 'INTEGER', caller: 'VARCHAR',
      clock_suspect: 'BOOLEAN'
    })
WHERE schema IN (1, 2);

CREATE OR REPLACE TEMP VIEW span AS
SELECT month, epoch_ms(begin_at) AS begin_ms, epoch_ms(begin_at + INTERVAL 1 MONTH) AS end_ms,
  least(epoch_ms(begin_at + INTERVAL 1 MONTH), coalesce(getvariable('looked_at')::BIGINT, epoch_ms(now()))) AS until_ms
FROM (SELECT getvariable('month') AS month, strptime(getvariable('month') || '-01', '%Y-%m-%d') AS begin_at);

-- Runs whose clocks disagree: within the run, or since the run before.
CREATE OR REPLACE TEMP VIEW runs AS
SELECT install, clock_suspect
    OR (before = 'run_finished' AND event = 'run_started'
      AND ((wall_ms < 0 AND coalesce(mono_ms, 0) >= 0) OR coalesce(mono_ms > wall_ms + 2000, false))) AS suspect
FROM (
  SELECT install, event, coalesce(clock_suspect, false) AS clock_suspect, lag(event) OVER earlier AS before,
    wall - lag(wall) OVER earlier AS wall_ms,
    if(boot <> '' AND boot = lag(boot) OVER earlier, (mono - lag(mono) OVER earlier) / 1e6, NULL) AS mono_ms
  FROM records WHERE event IN ('run_started', 'run_finished')
  WINDOW earlier AS (PARTITION BY install ORDER BY seq)
);

CREATE OR REPLACE TEMP VIEW episodes AS
SELECT install, started.episode, started_at, cohort, ended_ms, elapsed, abandoned_ms,
  coalesce(ended_suspect, run_suspect, false) AS suspect
FROM (
  SELECT install, episode, coalesce(cloned_at, wall) AS started_at
  FROM records WHERE event = 'onboarding_started'
  QUALIFY row_number() OVER (PARTITION BY install ORDER BY seq DESC) = 1
) AS started
LEFT JOIN (SELECT install, arg_max(cohort, seq) AS cohort FROM records WHERE cohort IS NOT NULL GROUP BY install)
  USING (install)
LEFT JOIN (
  SELECT install, episode, arg_min(wall, seq) AS ended_ms, arg_min(elapsed, seq) AS elapsed,
    arg_min(clock_suspect, seq) AS ended_suspect
  FROM records WHERE event = 'onboarding_completed' GROUP BY ALL
) USING (install, episode)
LEFT JOIN (
  SELECT install, episode, max(wall) AS abandoned_ms FROM records WHERE event = 'onboarding_abandoned' GROUP BY ALL
) USING (install, episode)
LEFT JOIN (
  SELECT install, bool_or(suspect) AS run_suspect FROM runs GROUP BY install
) USING (install);

-- Completed in the month; or open at its end, with the age it had then, for at most 30 days.
CREATE OR REPLACE TEMP VIEW onboardings AS
SELECT install, cohort, elapsed AS seconds, true AS ended
FROM episodes, span WHERE NOT suspect AND ended_ms >= begin_ms AND ended_ms < end_ms
UNION ALL
SELECT install, cohort,
  greatest(0, least((least(until_ms, coalesce(if(ended_ms IS NULL, abandoned_ms, NULL), until_ms)) - started_at) / 1000, 30 * 86400)),
  false
FROM episodes, span
WHERE NOT suspect AND started_at < until_ms AND (ended_ms IS NULL OR ended_ms >= end_ms)
  AND begin_ms - started_at <= 30 * 86400 * 1000::BIGINT
  AND (ended_ms IS NOT NULL OR abandoned_ms IS NULL OR abandoned_ms >= begin_ms);

CREATE OR REPLACE TEMP VIEW durations AS
SELECT 'onboarding' AS metric, install, seconds, ended FROM onboardings
UNION ALL
SELECT 'onboarding-' || cohort, install, seconds, ended FROM onboardings WHERE cohort IS NOT NULL
UNION ALL
SELECT replace(records.name, '_', '-'), install, records.elapsed, true
FROM records JOIN episodes USING (install, episode), span
WHERE event = 'milestone' AND NOT suspect
  AND started_at + records.elapsed * 1000 >= begin_ms AND started_at + records.elapsed * 1000 < end_ms
UNION ALL
SELECT name, install, seconds, true FROM records, span
WHERE event = 'gate' AND caller = 'person' AND NOT clock_suspect AND NOT ("exit" > 128 AND "exit" < 160)
  AND wall >= begin_ms AND wall < end_ms;

-- Quantile of type 8 of a sorted list.
CREATE OR REPLACE TEMP MACRO q8(xs, p) AS (
  SELECT xs[lo] + least(1, greatest(0, place - lo)) * (xs[least(len(xs), lo + 1)] - xs[lo])
  FROM (SELECT place, greatest(1, least(len(xs), floor(place)))::BIGINT AS lo
        FROM (SELECT (len(xs) + 1 / 3) * p + 1 / 3 AS place))
);

CREATE OR REPLACE TEMP VIEW sums AS
SELECT metric, count(DISTINCT install) AS installs, count(*) FILTER (ended) AS n, count(*) FILTER (NOT ended) AS open,
  list(seconds ORDER BY seconds) FILTER (ended) AS xs
FROM durations GROUP BY metric;

-- Rank of the order statistics around the median: how many binomial tails stay within 2.5 %.
CREATE OR REPLACE TEMP VIEW ranks AS
SELECT metric, count(*) FILTER (tail <= 0.025) AS rank
FROM (
  SELECT metric, sum(exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * ln(2)))
    OVER (PARTITION BY metric ORDER BY k) AS tail
  FROM (SELECT metric, n, unnest(range(0, n)) AS k FROM sums)
) GROUP BY metric;

CREATE OR REPLACE TEMP VIEW survival AS
SELECT metric, seconds, share,
  CASE WHEN share > 0 THEN share ^ exp(1.959963984540054 * sqrt(variance) / abs(ln(share))) ELSE 0 END AS low,
  CASE WHEN share > 0 THEN share ^ exp(-1.959963984540054 * sqrt(variance) / abs(ln(share))) END AS high
FROM (
  SELECT metric, seconds, d, product(1 - d / risk) OVER upward AS share,
    sum(d / nullif(risk * (risk - d), 0)) OVER upward AS variance
  FROM (
    SELECT metric, seconds, count(*) FILTER (ended) AS d,
      sum(count(*)) OVER (PARTITION BY metric ORDER BY seconds DESC) AS risk
    FROM durations GROUP BY metric, seconds
  ) WINDOW upward AS (PARTITION BY metric ORDER BY seconds)
) WHERE d > 0;

SELECT metric, installs, n, open,
  CASE WHEN n = 0 THEN NULL WHEN open = 0 THEN q8(xs, 0.5) ELSE km.median END AS median,
  CASE WHEN n < 6 THEN xs[1] WHEN open = 0 THEN xs[rank] ELSE km.low END AS low,
  CASE WHEN n < 6 THEN xs[n] WHEN open = 0 THEN xs[n + 1 - rank] ELSE km.high END AS high,
  CASE WHEN n < 10 THEN NULL WHEN open = 0 THEN q8(xs, 0.9) ELSE km.p90 END AS p90,
  CASE WHEN open = 0 THEN 'type-8' ELSE 'kaplan-meier' END AS estimator
FROM sums LEFT JOIN ranks USING (metric) LEFT JOIN (
  SELECT metric, min(seconds) FILTER (share <= 0.5 + 1e-9) AS median, min(seconds) FILTER (share <= 0.1 + 1e-9) AS p90,
    min(seconds) FILTER (low <= 0.5) AS low, min(seconds) FILTER (high <= 0.5) AS high
  FROM survival GROUP BY metric
) AS km USING (metric)
ORDER BY metric;
