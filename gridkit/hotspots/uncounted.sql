-- How many concerns `counts.sql` leaves out, and why: each once, by the first reason that applies.
-- Runs unchanged on DuckDB, PostgreSQL and Spark over the relations of `counts.sql`, and
--   given         (grid_id, category, heard_on)        one row per concern, as it came
SELECT reason, COUNT(*) AS n FROM (
    SELECT CASE
        WHEN c.heard_on IS NULL THEN 'no_date'
        WHEN CAST(c.heard_on AS DATE) < p.first_day THEN 'outside_period'
        WHEN CAST(c.heard_on AS DATE) > p.last_day THEN 'outside_period'
        WHEN c.grid_id IS NULL THEN 'no_grid'
        WHEN g.grid_id IS NULL THEN 'unknown_grid'
        WHEN k.category IS NULL THEN 'no_category'
    END AS reason
    FROM given AS c
    CROSS JOIN study_period AS p
    LEFT JOIN grids AS g ON g.grid_id = c.grid_id
    LEFT JOIN categories AS k ON k.category = c.category
) AS asked
WHERE reason IS NOT NULL
GROUP BY reason
