-- What waits for a person is asked for by every open list of runs, and is little among much.

create index runs_waiting on app.runs (tenant_id, id) where status = 'waiting';
create index effects_unknown on app.effects (tenant_id, run_id) where state = 'unknown';
