-- Concerns per grid, category and week, with true zeros: all grids x categories x weeks.
-- Runs unchanged on DuckDB, PostgreSQL and Spark over the relations
--   concerns      (grid_id, category, heard_on)        one row per concern
--   grids         (grid_id, households, population)    one row per grid
--   categories    (category)                           those to be counted
--   weeks         (week)                               Mondays, as dates
--   study_period  (first_day, last_day)                one row; both days included
WITH heard AS (
    SELECT
        c.grid_id,
        c.category,
        CAST(date_trunc('week', c.heard_on) AS DATE) AS week,
        COUNT(*) AS n
    FROM concerns AS c
    CROSS JOIN study_period AS p
    WHERE CAST(c.heard_on AS DATE) >= p.first_day
      AND CAST(c.heard_on AS DATE) <= p.last_day
    GROUP BY c.grid_id, c.category, CAST(date_trunc('week', c.heard_on) AS DATE)
),
complete AS (
    SELECT g.grid_id, k.category, w.week, g.households, g.population
    FROM grids AS g
    CROSS JOIN categories AS k
    CROSS JOIN weeks AS w
)
SELECT
    f.grid_id,
    f.category,
    f.week,
    COALESCE(h.n, 0) AS n,
    f.households,
    f.population
FROM complete AS f
LEFT JOIN heard AS h
    ON h.grid_id = f.grid_id AND h.category = f.category AND h.week = f.week
ORDER BY f.grid_id, f.category, f.week
