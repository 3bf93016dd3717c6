-- The schema that the migrations make, printed from the catalogue by `npm run schema`; a test compares it. Not run by anything.
-- {{p}} is the role prefix; {{migrator}} is the role that migrated.

create role {{p}}_api login noinherit;
alter role {{p}}_api set search_path=app;
alter role {{p}}_api set statement_timeout=15s;
grant {{p}}_tenant to {{p}}_api;

create role {{p}}_auth nologin inherit;

create role {{p}}_biller nologin inherit;

create role {{p}}_claimer nologin inherit;

create role {{p}}_copier nologin inherit;

create role {{p}}_ops login noinherit;
alter role {{p}}_ops set search_path=app;
alter role {{p}}_ops set statement_timeout=600s;
grant {{p}}_purger to {{p}}_ops;
grant {{p}}_tenant to {{p}}_ops;

create role {{p}}_owner nologin inherit;

create role {{p}}_purger nologin inherit;

create role {{p}}_registrar nologin inherit;

create role {{p}}_tenant nologin inherit;

create role {{p}}_worker login noinherit;
alter role {{p}}_worker set search_path=app;
alter role {{p}}_worker set statement_timeout=15s;
grant {{p}}_tenant to {{p}}_worker;

-- What others than the owner may do with the database itself.
grant connect on database {{database}} to public;
grant create on database {{database}} to {{p}}_owner;

-- Functions that are made later are nobody else's to call.
alter default privileges for role {{p}}_owner grant execute on functions to {{p}}_owner;

create schema app authorization {{p}}_owner;
grant usage on schema app to {{p}}_auth;
grant usage on schema app to {{p}}_biller;
grant usage on schema app to {{p}}_claimer;
grant usage on schema app to {{p}}_copier;
grant usage on schema app to {{p}}_purger;
grant usage on schema app to {{p}}_registrar;
grant usage on schema app to {{p}}_tenant;

CREATE OR REPLACE FUNCTION app.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid;
alter function app.current_tenant() owner to {{p}}_owner;
grant execute on function app.current_tenant() to {{p}}_auth;
grant execute on function app.current_tenant() to {{p}}_biller;
grant execute on function app.current_tenant() to {{p}}_claimer;
grant execute on function app.current_tenant() to {{p}}_copier;
grant execute on function app.current_tenant() to {{p}}_purger;
grant execute on function app.current_tenant() to {{p}}_registrar;
grant execute on function app.current_tenant() to {{p}}_tenant;

CREATE OR REPLACE FUNCTION app.erase_only()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_table_name = 'events' then
    if new.data is null and new.salt is null and new.data_state <> 'present' then return new; end if;
  elsif octet_length(new.task) = 0 and octet_length(new.input) = 0 and octet_length(new.run_grant) = 0
    and new.result is null and new.content_state = 'expired' then return new;
  end if;
  raise exception 'the purger only erases' using errcode = 'insufficient_privilege';
end $function$;
alter function app.erase_only() owner to {{p}}_owner;

CREATE OR REPLACE FUNCTION app.kept_since(p_class text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
RETURN (clock_timestamp() - make_interval(days => COALESCE((SELECT p.days FROM app.retention_policies p WHERE ((p.tenant_id = app.current_tenant()) AND (p.data_class = kept_since.p_class))), CASE p_class WHEN 'run'::text THEN 365 WHEN 'page'::text THEN 30 WHEN 'artifact'::text THEN 365 WHEN 'upload'::text THEN 90 WHEN 'rendering'::text THEN 30 WHEN 'entity'::text THEN 365 WHEN 'session'::text THEN 30 ELSE NULL::integer END)));
alter function app.kept_since(p_class text) owner to {{p}}_owner;
grant execute on function app.kept_since(p_class text) to {{p}}_purger;
grant execute on function app.kept_since(p_class text) to {{p}}_tenant;

CREATE OR REPLACE FUNCTION app.open_to_writers()
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock_shared(21012, hashtext(app.current_tenant()::text));
  select exists (select 1 from app.tenants t where t.tenant_id = app.current_tenant() and t.state <> 'deleting')
$function$;
alter function app.open_to_writers() owner to {{p}}_owner;
grant execute on function app.open_to_writers() to {{p}}_tenant;

CREATE OR REPLACE FUNCTION app.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'DELETE' and current_user = '{{p}}_purger' then return old; end if;
  raise exception 'the audit log is insert-only' using errcode = 'insufficient_privilege';
end $function$;
alter function app.refuse_change() owner to {{p}}_owner;

create table app.actions (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  declaration bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint actions_pkey PRIMARY KEY (tenant_id, id),
  constraint actions_name_check CHECK ((name ~ '^[a-z0-9_]{1,30}\.[a-z0-9_]{1,30}$'::text)),
  constraint actions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint actions_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table app.actions owner to {{p}}_owner;
alter table app.actions enable row level security;
alter table app.actions force row level security;
create policy closed_insert on app.actions as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.actions as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.actions as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.actions as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.actions to {{p}}_copier;
grant delete, select on app.actions to {{p}}_purger;
grant delete, insert, select on app.actions to {{p}}_tenant;

create table app.api_keys (
  tenant_id uuid not null,
  id uuid not null,
  key_id text not null,
  user_id uuid not null,
  env text not null,
  name text not null,
  pepper_version integer not null,
  secret_hmac bytea not null,
  last4 text not null,
  scopes text[] not null,
  status text not null default 'active'::text,
  exposed boolean not null default false,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  replaced_by uuid,
  networks bytea[] not null default '{}'::bytea[],
  contracts_version text not null default '2026-11-01'::text,
  constraint api_keys_pkey PRIMARY KEY (tenant_id, id),
  constraint api_keys_contracts_version_check CHECK ((contracts_version ~ '^\d{4}-\d\d-\d\d$'::text)),
  constraint api_keys_env_check CHECK ((env = ANY (ARRAY['live'::text, 'test'::text]))),
  constraint api_keys_last4_check CHECK ((length(last4) = 4)),
  constraint api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint api_keys_networks_check CHECK ((cardinality(networks) <= 32)),
  constraint api_keys_secret_hmac_check CHECK ((octet_length(secret_hmac) = 32)),
  constraint api_keys_status_check CHECK ((status = ANY (ARRAY['active'::text, 'rotating'::text, 'revoked'::text]))),
  constraint api_keys_tenant_id_replaced_by_fkey FOREIGN KEY (tenant_id, replaced_by) REFERENCES app.api_keys(tenant_id, id),
  constraint api_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint api_keys_key_id_key UNIQUE (key_id)
);
alter table app.api_keys owner to {{p}}_owner;
alter table app.api_keys enable row level security;
alter table app.api_keys force row level security;
CREATE INDEX api_keys_by_end ON app.api_keys USING btree (tenant_id, expires_at);
CREATE INDEX api_keys_by_successor ON app.api_keys USING btree (tenant_id, replaced_by) WHERE (replaced_by IS NOT NULL);
create policy closed_insert on app.api_keys as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.api_keys as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.api_keys as permissive for select to {{p}}_copier
  using (true);
create policy find_keys on app.api_keys as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.api_keys as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.api_keys to {{p}}_auth;
grant select on app.api_keys to {{p}}_copier;
grant delete, select on app.api_keys to {{p}}_purger;
grant insert, select on app.api_keys to {{p}}_tenant;
grant update (name, status, exposed, expires_at, last_used_at, replaced_by, networks, contracts_version) on app.api_keys to {{p}}_tenant;

create table app.approval_policies (
  tenant_id uuid not null,
  starter_may boolean not null,
  seats integer not null,
  expires_seconds integer not null,
  roles text[] not null default '{owner,admin,approver}'::text[],
  barred uuid[] not null default '{}'::uuid[],
  rules text not null default '[]'::text,
  constraint approval_policies_pkey PRIMARY KEY (tenant_id),
  constraint approval_policies_barred_check CHECK ((cardinality(barred) <= 100)),
  constraint approval_policies_expires_seconds_check CHECK (((expires_seconds >= 60) AND (expires_seconds <= 604800))),
  constraint approval_policies_roles_check CHECK (((cardinality(roles) > 0) AND (roles <@ '{owner,admin,approver}'::text[]))),
  constraint approval_policies_rules_check CHECK ((length(rules) <= 400000)),
  constraint approval_policies_seats_check CHECK (((seats >= 1) AND (seats <= 2))),
  constraint approval_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.approval_policies owner to {{p}}_owner;
alter table app.approval_policies enable row level security;
alter table app.approval_policies force row level security;
create policy closed_insert on app.approval_policies as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.approval_policies as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.approval_policies as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.approval_policies as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.approval_policies to {{p}}_copier;
grant delete, select on app.approval_policies to {{p}}_purger;
grant insert, select on app.approval_policies to {{p}}_tenant;
grant update (starter_may, seats, expires_seconds, roles, barred, rules) on app.approval_policies to {{p}}_tenant;

create table app.approval_seats (
  tenant_id uuid not null,
  approval_id uuid not null,
  user_id uuid not null,
  verdict text not null,
  note bytea,
  key_id text not null,
  decided_at timestamp with time zone not null default clock_timestamp(),
  constraint approval_seats_pkey PRIMARY KEY (tenant_id, approval_id, user_id),
  constraint approval_seats_verdict_check CHECK ((verdict = ANY (ARRAY['approve'::text, 'deny'::text]))),
  constraint approval_seats_tenant_id_approval_id_fkey FOREIGN KEY (tenant_id, approval_id) REFERENCES app.approvals(tenant_id, id) ON DELETE CASCADE,
  constraint approval_seats_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id)
);
alter table app.approval_seats owner to {{p}}_owner;
alter table app.approval_seats enable row level security;
alter table app.approval_seats force row level security;
create policy closed_insert on app.approval_seats as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.approval_seats as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.approval_seats as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.approval_seats as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.approval_seats to {{p}}_copier;
grant delete, select on app.approval_seats to {{p}}_purger;
grant insert, select on app.approval_seats to {{p}}_tenant;

create table app.approvals (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  call_id text not null,
  tool text not null,
  effect text not null,
  rule text not null,
  state text not null default 'pending'::text,
  digest bytea not null,
  card bytea not null,
  key_id text not null,
  seats integer not null,
  starter_may boolean not null,
  requested_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  use_before timestamp with time zone,
  roles text[] not null default '{owner,admin,approver}'::text[],
  barred uuid[] not null default '{}'::uuid[],
  constraint approvals_pkey PRIMARY KEY (tenant_id, id),
  constraint approvals_check CHECK (((state = 'approved'::text) <= (use_before IS NOT NULL))),
  constraint approvals_digest_check CHECK ((octet_length(digest) = 32)),
  constraint approvals_roles_check CHECK ((roles <@ '{owner,admin,approver}'::text[])),
  constraint approvals_seats_check CHECK (((seats >= 1) AND (seats <= 2))),
  constraint approvals_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'expired'::text, 'used'::text, 'void'::text]))),
  constraint approvals_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id),
  constraint approvals_tenant_id_run_id_call_id_key UNIQUE (tenant_id, run_id, call_id)
);
alter table app.approvals owner to {{p}}_owner;
alter table app.approvals enable row level security;
alter table app.approvals force row level security;
CREATE INDEX approvals_pending ON app.approvals USING btree (expires_at) WHERE (state = 'pending'::text);
CREATE INDEX approvals_standing ON app.approvals USING btree (tenant_id, state, id);
create policy closed_insert on app.approvals as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.approvals as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.approvals as permissive for select to {{p}}_copier
  using (true);
create policy due_see on app.approvals as permissive for select to {{p}}_claimer
  using ((state = 'pending'::text));
create policy wall on app.approvals as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.approvals to {{p}}_copier;
grant delete, select on app.approvals to {{p}}_purger;
grant insert, select on app.approvals to {{p}}_tenant;
grant select (tenant_id, state, expires_at) on app.approvals to {{p}}_claimer;
grant update (state, decided_at, use_before) on app.approvals to {{p}}_tenant;

create table app.artifact_links (
  tenant_id uuid not null,
  id uuid not null,
  artifact_id uuid not null,
  user_id uuid not null,
  disposition text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint artifact_links_pkey PRIMARY KEY (tenant_id, id),
  constraint artifact_links_check CHECK ((expires_at <= (created_at + '01:01:00'::interval))),
  constraint artifact_links_disposition_check CHECK ((disposition = ANY (ARRAY['attachment'::text, 'inline'::text]))),
  constraint artifact_links_tenant_id_artifact_id_fkey FOREIGN KEY (tenant_id, artifact_id) REFERENCES app.artifacts(tenant_id, id) ON DELETE CASCADE,
  constraint artifact_links_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id)
);
alter table app.artifact_links owner to {{p}}_owner;
alter table app.artifact_links enable row level security;
alter table app.artifact_links force row level security;
CREATE INDEX artifact_links_by_artifact ON app.artifact_links USING btree (tenant_id, artifact_id);
CREATE INDEX artifact_links_by_end ON app.artifact_links USING btree (tenant_id, expires_at);
create policy closed_insert on app.artifact_links as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.artifact_links as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.artifact_links as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.artifact_links as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.artifact_links to {{p}}_copier;
grant delete, select on app.artifact_links to {{p}}_purger;
grant insert, select on app.artifact_links to {{p}}_tenant;
grant update (revoked_at) on app.artifact_links to {{p}}_tenant;

create table app.artifacts (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid,
  user_id uuid,
  effect_key text,
  name bytea not null,
  key_id text,
  media_type text not null,
  bytes bigint not null,
  sha256 bytea not null,
  blob_id uuid not null,
  data_class text not null default 'artifact'::text,
  integrity text not null,
  confidentiality text not null,
  sources bytea not null,
  state text not null default 'stored'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint artifacts_pkey PRIMARY KEY (tenant_id, id),
  constraint artifacts_bytes_check CHECK ((bytes >= 0)),
  constraint artifacts_confidentiality_check CHECK ((confidentiality = ANY (ARRAY['public'::text, 'private'::text]))),
  constraint artifacts_data_class_check CHECK ((data_class = ANY (ARRAY['artifact'::text, 'page'::text, 'upload'::text, 'rendering'::text]))),
  constraint artifacts_integrity_check CHECK ((integrity = ANY (ARRAY['trusted'::text, 'untrusted'::text]))),
  constraint artifacts_sealed CHECK ((key_id IS NOT NULL)) NOT VALID,
  constraint artifacts_state_check CHECK ((state = ANY (ARRAY['stored'::text, 'deleting'::text]))),
  constraint artifacts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint artifacts_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id),
  constraint artifacts_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint artifacts_tenant_id_run_id_effect_key_key UNIQUE (tenant_id, run_id, effect_key)
);
alter table app.artifacts owner to {{p}}_owner;
alter table app.artifacts enable row level security;
alter table app.artifacts force row level security;
CREATE INDEX artifacts_by_age ON app.artifacts USING btree (tenant_id, data_class, created_at);
CREATE INDEX artifacts_by_blob ON app.artifacts USING btree (tenant_id, blob_id);
create policy closed_insert on app.artifacts as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.artifacts as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.artifacts as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.artifacts as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.artifacts to {{p}}_copier;
grant delete, select on app.artifacts to {{p}}_purger;
grant delete, insert, select on app.artifacts to {{p}}_tenant;
grant update (state) on app.artifacts to {{p}}_tenant;

create table app.audit (
  tenant_id uuid not null,
  id uuid not null,
  "time" timestamp with time zone not null,
  actor_kind text not null,
  actor_id text not null,
  on_behalf_of uuid,
  action text not null,
  object_kind text,
  object_id text,
  outcome text not null,
  reason text,
  request_id uuid,
  detail text not null,
  body_digest bytea not null,
  constraint audit_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_action_check CHECK ((action ~ '^[a-z]+(\.[a-z_]+)+$'::text)),
  constraint audit_actor_id_check CHECK (((length(actor_id) >= 1) AND (length(actor_id) <= 200))),
  constraint audit_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['key'::text, 'session'::text, 'user'::text, 'run'::text, 'operator'::text, 'system'::text]))),
  constraint audit_body_digest_check CHECK ((octet_length(body_digest) = 32)),
  constraint audit_check CHECK (((object_kind IS NULL) = (object_id IS NULL))),
  constraint audit_detail_check CHECK (((length(detail) >= 2) AND (length(detail) <= 4000))),
  constraint audit_object_id_check CHECK (((length(object_id) >= 1) AND (length(object_id) <= 200))),
  constraint audit_object_kind_check CHECK (((length(object_kind) >= 1) AND (length(object_kind) <= 40))),
  constraint audit_outcome_check CHECK ((outcome = ANY (ARRAY['success'::text, 'denied'::text, 'failed'::text]))),
  constraint audit_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint audit_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.audit owner to {{p}}_owner;
alter table app.audit enable row level security;
alter table app.audit force row level security;
CREATE TRIGGER insert_only BEFORE DELETE OR UPDATE ON app.audit FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON app.audit FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
create policy closed_insert on app.audit as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.audit as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.audit as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.audit as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.audit to {{p}}_copier;
grant delete, select on app.audit to {{p}}_purger;
grant insert, select on app.audit to {{p}}_tenant;

create table app.audit_chain (
  tenant_id uuid not null,
  seq bigint not null,
  record_id uuid not null,
  prev_hash bytea,
  hash bytea not null,
  sealed_at timestamp with time zone not null default clock_timestamp(),
  constraint audit_chain_pkey PRIMARY KEY (tenant_id, seq),
  constraint audit_chain_check CHECK (((seq = 0) = (prev_hash IS NULL))),
  constraint audit_chain_hash_check CHECK ((octet_length(hash) = 32)),
  constraint audit_chain_prev_hash_check CHECK ((octet_length(prev_hash) = 32)),
  constraint audit_chain_seq_check CHECK ((seq >= 0)),
  constraint audit_chain_tenant_id_record_id_fkey FOREIGN KEY (tenant_id, record_id) REFERENCES app.audit(tenant_id, id),
  constraint audit_chain_tenant_id_record_id_key UNIQUE (tenant_id, record_id)
);
alter table app.audit_chain owner to {{p}}_owner;
alter table app.audit_chain enable row level security;
alter table app.audit_chain force row level security;
CREATE TRIGGER insert_only BEFORE DELETE OR UPDATE ON app.audit_chain FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON app.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
create policy closed_insert on app.audit_chain as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.audit_chain as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.audit_chain as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.audit_chain as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.audit_chain to {{p}}_copier;
grant delete, select on app.audit_chain to {{p}}_purger;
grant insert, select on app.audit_chain to {{p}}_tenant;

create table app.audit_unsealed (
  tenant_id uuid not null,
  record_id uuid not null,
  since timestamp with time zone not null default clock_timestamp(),
  constraint audit_unsealed_pkey PRIMARY KEY (tenant_id, record_id),
  constraint audit_unsealed_tenant_id_record_id_fkey FOREIGN KEY (tenant_id, record_id) REFERENCES app.audit(tenant_id, id)
);
alter table app.audit_unsealed owner to {{p}}_owner;
alter table app.audit_unsealed enable row level security;
alter table app.audit_unsealed force row level security;
create policy closed_insert on app.audit_unsealed as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.audit_unsealed as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.audit_unsealed as permissive for select to {{p}}_copier
  using (true);
create policy due_see on app.audit_unsealed as permissive for select to {{p}}_claimer
  using (true);
create policy wall on app.audit_unsealed as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.audit_unsealed to {{p}}_copier;
grant delete, select on app.audit_unsealed to {{p}}_purger;
grant delete, insert, select on app.audit_unsealed to {{p}}_tenant;
grant select (tenant_id, since) on app.audit_unsealed to {{p}}_claimer;

create table app.billing_balances (
  tenant_id uuid not null,
  mode text not null,
  currency text not null,
  paid_minor bigint not null default 0,
  constraint billing_balances_pkey PRIMARY KEY (tenant_id, mode, currency),
  constraint billing_balances_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint billing_balances_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_balances_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.billing_balances owner to {{p}}_owner;
alter table app.billing_balances enable row level security;
alter table app.billing_balances force row level security;
create policy closed_insert on app.billing_balances as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.billing_balances as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.billing_balances as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.billing_balances as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.billing_balances to {{p}}_copier;
grant delete, select on app.billing_balances to {{p}}_purger;
grant insert, select on app.billing_balances to {{p}}_tenant;
grant update (paid_minor) on app.billing_balances to {{p}}_tenant;

create table app.billing_customers (
  tenant_id uuid not null,
  mode text not null,
  customer_id text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint billing_customers_pkey PRIMARY KEY (tenant_id, mode),
  constraint billing_customers_customer_id_check CHECK ((customer_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_customers_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_customers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint billing_customers_mode_customer_id_key UNIQUE (mode, customer_id)
);
alter table app.billing_customers owner to {{p}}_owner;
alter table app.billing_customers enable row level security;
alter table app.billing_customers force row level security;
create policy bill_customers on app.billing_customers as permissive for all to {{p}}_biller
  using (true)
  with check (true);
create policy closed_insert on app.billing_customers as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.billing_customers as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.billing_customers as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.billing_customers as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant insert, select on app.billing_customers to {{p}}_biller;
grant select on app.billing_customers to {{p}}_copier;
grant delete, select on app.billing_customers to {{p}}_purger;
grant select on app.billing_customers to {{p}}_tenant;

create table app.billing_events (
  tenant_id uuid not null,
  mode text not null,
  event_id text not null,
  type text not null,
  object_id text not null,
  received_at timestamp with time zone not null default clock_timestamp(),
  constraint billing_events_pkey PRIMARY KEY (tenant_id, mode, event_id),
  constraint billing_events_event_id_check CHECK ((event_id ~ '^[A-Za-z0-9_#-]{1,255}$'::text)),
  constraint billing_events_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_events_object_id_check CHECK ((object_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_events_type_check CHECK ((type ~ '^[a-z0-9_.]{1,100}$'::text)),
  constraint billing_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint billing_events_mode_event_id_key UNIQUE (mode, event_id)
);
alter table app.billing_events owner to {{p}}_owner;
alter table app.billing_events enable row level security;
alter table app.billing_events force row level security;
create policy bill_events on app.billing_events as permissive for select to {{p}}_biller
  using (true);
create policy closed_insert on app.billing_events as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.billing_events as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.billing_events as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.billing_events as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.billing_events to {{p}}_copier;
grant delete, select on app.billing_events to {{p}}_purger;
grant insert, select on app.billing_events to {{p}}_tenant;
grant select (mode, event_id) on app.billing_events to {{p}}_biller;

create table app.billing_subscriptions (
  tenant_id uuid not null,
  mode text not null,
  subscription_id text not null,
  status text not null,
  price_id text,
  period_start timestamp with time zone,
  period_end timestamp with time zone,
  ticket bigint not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint billing_subscriptions_pkey PRIMARY KEY (tenant_id, mode, subscription_id),
  constraint billing_subscriptions_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_subscriptions_price_id_check CHECK ((price_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_subscriptions_status_check CHECK ((status ~ '^[a-z_]{1,40}$'::text)),
  constraint billing_subscriptions_subscription_id_check CHECK ((subscription_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_subscriptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint billing_subscriptions_mode_subscription_id_key UNIQUE (mode, subscription_id)
);
alter table app.billing_subscriptions owner to {{p}}_owner;
alter table app.billing_subscriptions enable row level security;
alter table app.billing_subscriptions force row level security;
create policy closed_insert on app.billing_subscriptions as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.billing_subscriptions as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.billing_subscriptions as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.billing_subscriptions as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.billing_subscriptions to {{p}}_copier;
grant delete, select on app.billing_subscriptions to {{p}}_purger;
grant insert, select on app.billing_subscriptions to {{p}}_tenant;
grant update (status, price_id, period_start, period_end, ticket, updated_at) on app.billing_subscriptions to {{p}}_tenant;

create table app.billing_transitions (
  tenant_id uuid not null,
  mode text not null,
  object_id text not null,
  transition text not null,
  amount_minor bigint,
  currency text,
  period_start timestamp with time zone,
  period_end timestamp with time zone,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint billing_transitions_pkey PRIMARY KEY (tenant_id, mode, object_id, transition),
  constraint billing_transitions_currency_check CHECK ((currency ~ '^[a-z]{3}$'::text)),
  constraint billing_transitions_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_transitions_object_id_check CHECK ((object_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_transitions_transition_check CHECK ((transition ~ '^[a-z_.]{1,60}(#[a-f0-9-]{36})?$'::text)),
  constraint billing_transitions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint billing_transitions_mode_object_id_transition_key UNIQUE (mode, object_id, transition)
);
alter table app.billing_transitions owner to {{p}}_owner;
alter table app.billing_transitions enable row level security;
alter table app.billing_transitions force row level security;
create policy closed_insert on app.billing_transitions as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.billing_transitions as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.billing_transitions as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.billing_transitions as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.billing_transitions to {{p}}_copier;
grant delete, select on app.billing_transitions to {{p}}_purger;
grant insert, select on app.billing_transitions to {{p}}_tenant;

create table app.budget_holds (
  tenant_id uuid not null,
  reservation_id uuid not null,
  budget_id uuid not null,
  starts date not null,
  cost numeric(20,10) not null,
  tokens bigint not null,
  state text not null default 'open'::text,
  constraint budget_holds_pkey PRIMARY KEY (tenant_id, reservation_id, budget_id),
  constraint budget_holds_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text]))),
  constraint budget_holds_tenant_id_budget_id_starts_fkey FOREIGN KEY (tenant_id, budget_id, starts) REFERENCES app.budget_periods(tenant_id, budget_id, starts),
  constraint budget_holds_tenant_id_reservation_id_fkey FOREIGN KEY (tenant_id, reservation_id) REFERENCES app.reservations(tenant_id, id)
);
alter table app.budget_holds owner to {{p}}_owner;
alter table app.budget_holds enable row level security;
alter table app.budget_holds force row level security;
create policy closed_insert on app.budget_holds as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.budget_holds as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.budget_holds as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.budget_holds as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.budget_holds to {{p}}_copier;
grant delete, select on app.budget_holds to {{p}}_purger;
grant insert, select on app.budget_holds to {{p}}_tenant;
grant update (state) on app.budget_holds to {{p}}_tenant;

create table app.budget_periods (
  tenant_id uuid not null,
  budget_id uuid not null,
  starts date not null,
  held_cost numeric(20,10) not null default 0,
  held_tokens bigint not null default 0,
  spent_cost numeric(20,10) not null default 0,
  spent_tokens bigint not null default 0,
  constraint budget_periods_pkey PRIMARY KEY (tenant_id, budget_id, starts),
  constraint budget_periods_held_cost_check CHECK ((held_cost >= (0)::numeric)),
  constraint budget_periods_held_tokens_check CHECK ((held_tokens >= 0)),
  constraint budget_periods_tenant_id_budget_id_fkey FOREIGN KEY (tenant_id, budget_id) REFERENCES app.budgets(tenant_id, id)
);
alter table app.budget_periods owner to {{p}}_owner;
alter table app.budget_periods enable row level security;
alter table app.budget_periods force row level security;
create policy closed_insert on app.budget_periods as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.budget_periods as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.budget_periods as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.budget_periods as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.budget_periods to {{p}}_copier;
grant delete, select on app.budget_periods to {{p}}_purger;
grant insert, select on app.budget_periods to {{p}}_tenant;
grant update (held_cost, held_tokens, spent_cost, spent_tokens) on app.budget_periods to {{p}}_tenant;

create table app.budgets (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  period text not null,
  limit_cost numeric(20,10),
  limit_tokens bigint,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint budgets_pkey PRIMARY KEY (tenant_id, id),
  constraint budgets_check CHECK (((limit_cost IS NOT NULL) OR (limit_tokens IS NOT NULL))),
  constraint budgets_limit_cost_check CHECK ((limit_cost >= (0)::numeric)),
  constraint budgets_limit_tokens_check CHECK ((limit_tokens >= 0)),
  constraint budgets_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint budgets_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text, 'total'::text]))),
  constraint budgets_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text]))),
  constraint budgets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.budgets owner to {{p}}_owner;
alter table app.budgets enable row level security;
alter table app.budgets force row level security;
create policy closed_insert on app.budgets as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.budgets as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.budgets as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.budgets as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.budgets to {{p}}_copier;
grant delete, select on app.budgets to {{p}}_purger;
grant insert, select on app.budgets to {{p}}_tenant;
grant update (name, limit_cost, limit_tokens, state) on app.budgets to {{p}}_tenant;

create table app.effects (
  tenant_id uuid not null,
  run_id uuid not null,
  key text not null,
  call_id text not null,
  tool text not null,
  idempotent boolean not null,
  state text not null default 'claimed'::text,
  attempt integer not null default 1,
  result bytea,
  key_id text,
  claimed_at timestamp with time zone not null default clock_timestamp(),
  settled_at timestamp with time zone,
  settle_after timestamp with time zone,
  constraint effects_pkey PRIMARY KEY (tenant_id, run_id, key),
  constraint effects_sealed CHECK (((result IS NULL) OR (key_id IS NOT NULL))) NOT VALID,
  constraint effects_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'done'::text, 'failed'::text, 'unknown'::text]))),
  constraint effects_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id)
);
alter table app.effects owner to {{p}}_owner;
alter table app.effects enable row level security;
alter table app.effects force row level security;
CREATE INDEX effects_unknown ON app.effects USING btree (tenant_id, run_id) WHERE (state = 'unknown'::text);
create policy closed_insert on app.effects as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.effects as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.effects as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.effects as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.effects to {{p}}_copier;
grant delete, select on app.effects to {{p}}_purger;
grant insert, select on app.effects to {{p}}_tenant;
grant update (state, attempt, result, key_id, settled_at, settle_after) on app.effects to {{p}}_tenant;

create table app.egress_decisions (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  call_id text not null,
  tool text not null,
  verdict text not null,
  code text,
  hop integer not null,
  port integer not null,
  status integer,
  bytes bigint not null,
  dns_ms integer not null,
  connect_ms integer not null,
  place bytea not null,
  host_digest bytea not null,
  key_id text not null,
  decided_at timestamp with time zone not null,
  constraint egress_decisions_pkey PRIMARY KEY (tenant_id, id),
  constraint egress_decisions_bytes_check CHECK ((bytes >= 0)),
  constraint egress_decisions_call_id_check CHECK (((length(call_id) >= 1) AND (length(call_id) <= 200))),
  constraint egress_decisions_check CHECK (((verdict = 'allow'::text) OR (code IS NOT NULL))),
  constraint egress_decisions_code_check CHECK (((length(code) >= 1) AND (length(code) <= 60))),
  constraint egress_decisions_connect_ms_check CHECK ((connect_ms >= 0)),
  constraint egress_decisions_dns_ms_check CHECK ((dns_ms >= 0)),
  constraint egress_decisions_hop_check CHECK ((hop >= 0)),
  constraint egress_decisions_host_digest_check CHECK ((octet_length(host_digest) = 32)),
  constraint egress_decisions_port_check CHECK (((port >= 0) AND (port <= 65535))),
  constraint egress_decisions_status_check CHECK (((status >= 100) AND (status <= 599))),
  constraint egress_decisions_tool_check CHECK (((length(tool) >= 1) AND (length(tool) <= 200))),
  constraint egress_decisions_verdict_check CHECK ((verdict = ANY (ARRAY['allow'::text, 'block'::text, 'report'::text]))),
  constraint egress_decisions_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id)
);
alter table app.egress_decisions owner to {{p}}_owner;
alter table app.egress_decisions enable row level security;
alter table app.egress_decisions force row level security;
CREATE INDEX egress_decisions_by_code ON app.egress_decisions USING btree (tenant_id, code, id) WHERE (code IS NOT NULL);
CREATE INDEX egress_decisions_by_host ON app.egress_decisions USING btree (tenant_id, host_digest, id);
CREATE INDEX egress_decisions_by_run ON app.egress_decisions USING btree (tenant_id, run_id, id);
CREATE INDEX egress_decisions_by_tool ON app.egress_decisions USING btree (tenant_id, tool, id);
CREATE INDEX egress_decisions_by_verdict ON app.egress_decisions USING btree (tenant_id, verdict, id) WHERE (verdict <> 'allow'::text);
create policy closed_insert on app.egress_decisions as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.egress_decisions as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.egress_decisions as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.egress_decisions as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.egress_decisions to {{p}}_copier;
grant delete, select on app.egress_decisions to {{p}}_purger;
grant insert, select on app.egress_decisions to {{p}}_tenant;

create table app.egress_limits (
  tenant_id uuid not null,
  tool text not null,
  calls_per_minute integer,
  bytes_per_hour bigint,
  constraint egress_limits_pkey PRIMARY KEY (tenant_id, tool),
  constraint egress_limits_bytes_per_hour_check CHECK (((bytes_per_hour >= 1) AND (bytes_per_hour <= '1000000000000000'::bigint))),
  constraint egress_limits_calls_per_minute_check CHECK (((calls_per_minute >= 1) AND (calls_per_minute <= 1000000))),
  constraint egress_limits_check CHECK (((calls_per_minute IS NOT NULL) OR (bytes_per_hour IS NOT NULL))),
  constraint egress_limits_tool_check CHECK (((length(tool) >= 1) AND (length(tool) <= 200))),
  constraint egress_limits_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.egress_limits owner to {{p}}_owner;
alter table app.egress_limits enable row level security;
alter table app.egress_limits force row level security;
create policy closed_insert on app.egress_limits as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.egress_limits as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.egress_limits as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.egress_limits as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.egress_limits to {{p}}_copier;
grant delete, select on app.egress_limits to {{p}}_purger;
grant delete, insert, select on app.egress_limits to {{p}}_tenant;

create table app.egress_policies (
  tenant_id uuid not null,
  profile text not null default 'open'::text,
  allow text[] not null default '{}'::text[],
  deny text[] not null default '{}'::text[],
  reader boolean not null default true,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint egress_policies_pkey PRIMARY KEY (tenant_id),
  constraint egress_policies_allow_check CHECK ((cardinality(allow) <= 500)),
  constraint egress_policies_deny_check CHECK ((cardinality(deny) <= 500)),
  constraint egress_policies_profile_check CHECK ((profile = ANY (ARRAY['open'::text, 'internal'::text]))),
  constraint egress_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.egress_policies owner to {{p}}_owner;
alter table app.egress_policies enable row level security;
alter table app.egress_policies force row level security;
create policy closed_insert on app.egress_policies as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.egress_policies as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.egress_policies as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.egress_policies as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.egress_policies to {{p}}_copier;
grant delete, select on app.egress_policies to {{p}}_purger;
grant insert, select on app.egress_policies to {{p}}_tenant;
grant update (profile, allow, deny, reader, updated_at) on app.egress_policies to {{p}}_tenant;

create table app.egress_use (
  tenant_id uuid not null,
  tool text not null,
  minute timestamp with time zone not null,
  calls integer not null,
  hour timestamp with time zone not null,
  bytes bigint not null,
  constraint egress_use_pkey PRIMARY KEY (tenant_id, tool),
  constraint egress_use_bytes_check CHECK ((bytes >= 0)),
  constraint egress_use_calls_check CHECK ((calls >= 0)),
  constraint egress_use_tool_check CHECK (((length(tool) >= 1) AND (length(tool) <= 200))),
  constraint egress_use_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.egress_use owner to {{p}}_owner;
alter table app.egress_use enable row level security;
alter table app.egress_use force row level security;
create policy closed_insert on app.egress_use as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.egress_use as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.egress_use as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.egress_use as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.egress_use to {{p}}_copier;
grant delete, select on app.egress_use to {{p}}_purger;
grant insert, select on app.egress_use to {{p}}_tenant;
grant update (minute, calls, hour, bytes) on app.egress_use to {{p}}_tenant;

create table app.entities (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  effect_key text not null,
  type text not null,
  version integer not null,
  identity bytea not null,
  attributes bytea not null,
  key_id text,
  evidence uuid[] not null default '{}'::uuid[],
  integrity text not null,
  confidentiality text not null,
  sources bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint entities_pkey PRIMARY KEY (tenant_id, id),
  constraint entities_confidentiality_check CHECK ((confidentiality = ANY (ARRAY['public'::text, 'private'::text]))),
  constraint entities_identity_check CHECK ((octet_length(identity) = 32)),
  constraint entities_integrity_check CHECK ((integrity = ANY (ARRAY['trusted'::text, 'untrusted'::text]))),
  constraint entities_sealed CHECK ((key_id IS NOT NULL)) NOT VALID,
  constraint entities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint entities_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id),
  constraint entities_tenant_id_run_id_effect_key_key UNIQUE (tenant_id, run_id, effect_key)
);
alter table app.entities owner to {{p}}_owner;
alter table app.entities enable row level security;
alter table app.entities force row level security;
CREATE INDEX entities_by_age ON app.entities USING btree (tenant_id, created_at);
CREATE INDEX entities_by_identity ON app.entities USING btree (tenant_id, type, identity);
CREATE INDEX entities_by_type ON app.entities USING btree (tenant_id, type, id);
create policy closed_insert on app.entities as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.entities as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.entities as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.entities as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.entities to {{p}}_copier;
grant delete, select on app.entities to {{p}}_purger;
grant insert, select on app.entities to {{p}}_tenant;

create table app.entity_types (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  version integer not null,
  revision integer not null,
  definition bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint entity_types_pkey PRIMARY KEY (tenant_id, id),
  constraint entity_types_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,62}$'::text)),
  constraint entity_types_revision_check CHECK (((revision >= 1) AND (revision <= 1000))),
  constraint entity_types_version_check CHECK (((version >= 1) AND (version <= 1000))),
  constraint entity_types_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint entity_types_tenant_id_name_version_revision_key UNIQUE (tenant_id, name, version, revision)
);
alter table app.entity_types owner to {{p}}_owner;
alter table app.entity_types enable row level security;
alter table app.entity_types force row level security;
create policy closed_insert on app.entity_types as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.entity_types as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.entity_types as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.entity_types as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.entity_types to {{p}}_copier;
grant delete, select on app.entity_types to {{p}}_purger;
grant insert, select on app.entity_types to {{p}}_tenant;

create table app.erasures (
  tenant_id uuid not null,
  run_id uuid not null,
  last_seq integer not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint erasures_pkey PRIMARY KEY (tenant_id, run_id),
  constraint erasures_last_seq_check CHECK ((last_seq >= 0)),
  constraint erasures_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id)
);
alter table app.erasures owner to {{p}}_owner;
alter table app.erasures enable row level security;
alter table app.erasures force row level security;
create policy closed_insert on app.erasures as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.erasures as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.erasures as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.erasures as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.erasures to {{p}}_copier;
grant delete, select on app.erasures to {{p}}_purger;
grant insert, select on app.erasures to {{p}}_tenant;

create table app.events (
  tenant_id uuid not null,
  run_id uuid not null,
  seq integer not null,
  id uuid not null,
  type text not null,
  version integer not null,
  "time" timestamp with time zone not null,
  actor_kind text not null,
  actor_id text not null,
  data bytea,
  salt bytea,
  key_id text,
  data_bytes integer not null,
  data_digest bytea not null,
  data_state text not null default 'present'::text,
  prev_hash bytea,
  hash bytea not null,
  constraint events_pkey PRIMARY KEY (tenant_id, run_id, seq),
  constraint events_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'agent'::text, 'system'::text, 'tool'::text]))),
  constraint events_check1 CHECK (((seq = 0) = (prev_hash IS NULL))),
  constraint events_data_digest_check CHECK ((octet_length(data_digest) = 32)),
  constraint events_data_state_check CHECK ((data_state = ANY (ARRAY['present'::text, 'expired'::text, 'redacted'::text, 'erased'::text]))),
  constraint events_hash_check CHECK ((octet_length(hash) = 32)),
  constraint events_present CHECK (((data_state = 'present'::text) = (data IS NOT NULL))),
  constraint events_prev_hash_check CHECK ((octet_length(prev_hash) = 32)),
  constraint events_salt_check CHECK ((octet_length(salt) = 16)),
  constraint events_sealed CHECK (((key_id IS NOT NULL) AND (salt IS NULL))) NOT VALID,
  constraint events_seq_check CHECK ((seq >= 0)),
  constraint events_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id),
  constraint events_tenant_id_id_key UNIQUE (tenant_id, id)
);
alter table app.events owner to {{p}}_owner;
alter table app.events enable row level security;
alter table app.events force row level security;
CREATE TRIGGER erase_only BEFORE UPDATE ON app.events FOR EACH ROW WHEN ((CURRENT_USER = '{{p}}_purger'::name)) EXECUTE FUNCTION app.erase_only();
create policy closed_insert on app.events as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.events as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.events as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.events as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.events to {{p}}_copier;
grant delete, select on app.events to {{p}}_purger;
grant insert, select on app.events to {{p}}_tenant;
grant update (data, salt, data_state) on app.events to {{p}}_purger;

create table app.idempotency (
  tenant_id uuid not null,
  principal text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  status integer,
  body bytea,
  key_id text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint idempotency_pkey PRIMARY KEY (tenant_id, principal, route, key),
  constraint idempotency_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  constraint idempotency_sealed CHECK (((body IS NULL) OR (key_id IS NOT NULL))) NOT VALID,
  constraint idempotency_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.idempotency owner to {{p}}_owner;
alter table app.idempotency enable row level security;
alter table app.idempotency force row level security;
create policy closed_insert on app.idempotency as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.idempotency as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.idempotency as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.idempotency as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.idempotency to {{p}}_copier;
grant delete, select on app.idempotency to {{p}}_purger;
grant delete, insert, select on app.idempotency to {{p}}_tenant;
grant update (status, body, key_id) on app.idempotency to {{p}}_tenant;

create table app.identities (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  issuer text not null,
  subject text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint identities_pkey PRIMARY KEY (tenant_id, id),
  constraint identities_issuer_check CHECK (((length(issuer) >= 1) AND (length(issuer) <= 500))),
  constraint identities_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255))),
  constraint identities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint identities_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint identities_tenant_id_issuer_subject_key UNIQUE (tenant_id, issuer, subject)
);
alter table app.identities owner to {{p}}_owner;
alter table app.identities enable row level security;
alter table app.identities force row level security;
CREATE INDEX identities_by_subject ON app.identities USING btree (issuer, subject);
CREATE INDEX identities_by_user ON app.identities USING btree (tenant_id, user_id);
create policy closed_insert on app.identities as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.identities as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.identities as permissive for select to {{p}}_copier
  using (true);
create policy find_identities on app.identities as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.identities as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.identities to {{p}}_auth;
grant select on app.identities to {{p}}_copier;
grant delete, select on app.identities to {{p}}_purger;
grant delete, insert, select on app.identities to {{p}}_tenant;

create table app.link_epochs (
  tenant_id uuid not null,
  epoch integer not null,
  constraint link_epochs_pkey PRIMARY KEY (tenant_id),
  constraint link_epochs_epoch_check CHECK ((epoch > 0)),
  constraint link_epochs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.link_epochs owner to {{p}}_owner;
alter table app.link_epochs enable row level security;
alter table app.link_epochs force row level security;
create policy closed_insert on app.link_epochs as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.link_epochs as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.link_epochs as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.link_epochs as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.link_epochs to {{p}}_copier;
grant delete, select on app.link_epochs to {{p}}_purger;
grant insert, select on app.link_epochs to {{p}}_tenant;
grant update (epoch) on app.link_epochs to {{p}}_tenant;

create table app.reservations (
  tenant_id uuid not null,
  run_id uuid not null,
  id uuid not null,
  step integer not null,
  state text not null default 'open'::text,
  tokens bigint not null,
  cost numeric(20,10) not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  price_id text,
  price_input numeric(20,10) not null default 0,
  price_output numeric(20,10) not null default 0,
  constraint reservations_pkey PRIMARY KEY (tenant_id, id),
  constraint reservations_state_check CHECK ((state = ANY (ARRAY['open'::text, 'settled'::text, 'lost'::text]))),
  constraint reservations_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id)
);
alter table app.reservations owner to {{p}}_owner;
alter table app.reservations enable row level security;
alter table app.reservations force row level security;
create policy closed_insert on app.reservations as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.reservations as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.reservations as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.reservations as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.reservations to {{p}}_copier;
grant delete, select on app.reservations to {{p}}_purger;
grant insert, select on app.reservations to {{p}}_tenant;
grant update (state, tokens, cost) on app.reservations to {{p}}_tenant;

create table app.retention_policies (
  tenant_id uuid not null,
  data_class text not null,
  days integer not null,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint retention_policies_pkey PRIMARY KEY (tenant_id, data_class),
  constraint retention_policies_data_class_check CHECK ((data_class = ANY (ARRAY['run'::text, 'page'::text, 'artifact'::text, 'upload'::text, 'rendering'::text, 'entity'::text, 'session'::text]))),
  constraint retention_policies_days_check CHECK (((days >= 1) AND (days <= 3650))),
  constraint retention_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.retention_policies owner to {{p}}_owner;
alter table app.retention_policies enable row level security;
alter table app.retention_policies force row level security;
create policy closed_insert on app.retention_policies as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.retention_policies as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.retention_policies as permissive for select to {{p}}_copier
  using (true);
create policy count_policies on app.retention_policies as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.retention_policies as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.retention_policies to {{p}}_auth;
grant select on app.retention_policies to {{p}}_copier;
grant delete, select on app.retention_policies to {{p}}_purger;
grant insert, select on app.retention_policies to {{p}}_tenant;
grant update (days, updated_at) on app.retention_policies to {{p}}_tenant;

create table app.runs (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  api_key_id uuid,
  skill_name text not null,
  skill_version text not null,
  skill_digest bytea not null,
  model text not null,
  status text not null default 'queued'::text,
  error_code text,
  epoch bigint not null default 0,
  worker uuid,
  stalls integer not null default 0,
  last_seq integer not null default '-1'::integer,
  head bytea,
  task bytea not null,
  input bytea not null,
  run_grant bytea not null,
  result bytea,
  key_id text,
  budget_tokens bigint not null,
  budget_cost numeric(20,10) not null,
  budget_seconds integer not null,
  budget_calls integer not null,
  used_tokens bigint not null default 0,
  used_cost numeric(20,10) not null default 0,
  used_calls integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  result_key_id text,
  content_state text not null default 'present'::text,
  constraint runs_pkey PRIMARY KEY (tenant_id, id),
  constraint runs_budget_calls_check CHECK ((budget_calls >= 0)),
  constraint runs_budget_cost_check CHECK ((budget_cost >= (0)::numeric)),
  constraint runs_budget_seconds_check CHECK ((budget_seconds >= 0)),
  constraint runs_budget_tokens_check CHECK ((budget_tokens >= 0)),
  constraint runs_content_state_check CHECK ((content_state = ANY (ARRAY['present'::text, 'expired'::text]))),
  constraint runs_head_check CHECK ((octet_length(head) = 32)),
  constraint runs_result_sealed CHECK (((result IS NULL) OR (result_key_id IS NOT NULL))) NOT VALID,
  constraint runs_sealed CHECK ((key_id IS NOT NULL)) NOT VALID,
  constraint runs_skill_digest_check CHECK ((octet_length(skill_digest) = 32)),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint runs_tenant_id_api_key_id_fkey FOREIGN KEY (tenant_id, api_key_id) REFERENCES app.api_keys(tenant_id, id),
  constraint runs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint runs_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id)
);
alter table app.runs owner to {{p}}_owner;
alter table app.runs enable row level security;
alter table app.runs force row level security;
CREATE INDEX runs_by_end ON app.runs USING btree (tenant_id, ended_at) WHERE ((content_state = 'present'::text) AND (ended_at IS NOT NULL));
CREATE INDEX runs_by_key ON app.runs USING btree (tenant_id, api_key_id);
CREATE INDEX runs_ready ON app.runs USING btree (tenant_id, id) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX runs_waiting ON app.runs USING btree (tenant_id, id) WHERE (status = 'waiting'::text);
CREATE TRIGGER erase_only BEFORE UPDATE ON app.runs FOR EACH ROW WHEN ((CURRENT_USER = '{{p}}_purger'::name)) EXECUTE FUNCTION app.erase_only();
create policy claim_see on app.runs as permissive for select to {{p}}_claimer
  using ((status = ANY (ARRAY['queued'::text, 'running'::text])));
create policy claim_take on app.runs as permissive for update to {{p}}_claimer
  using ((status = ANY (ARRAY['queued'::text, 'running'::text])))
  with check ((status = ANY (ARRAY['queued'::text, 'running'::text])));
create policy closed_insert on app.runs as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.runs as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.runs as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.runs as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.runs to {{p}}_copier;
grant delete, select on app.runs to {{p}}_purger;
grant insert, select on app.runs to {{p}}_tenant;
grant select (tenant_id, id, status, epoch, worker, stalls) on app.runs to {{p}}_claimer;
grant update (status, epoch, worker, stalls) on app.runs to {{p}}_claimer;
grant update (task, input, run_grant, result, content_state) on app.runs to {{p}}_purger;
grant update (status, error_code, epoch, worker, stalls, last_seq, head, result, key_id, used_tokens, used_cost, used_calls, started_at, ended_at, result_key_id) on app.runs to {{p}}_tenant;

create table app.secrets (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  hosts text[] not null,
  value bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint secrets_pkey PRIMARY KEY (tenant_id, id),
  constraint secrets_hosts_check CHECK (((cardinality(hosts) >= 1) AND (cardinality(hosts) <= 20))),
  constraint secrets_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
  constraint secrets_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint secrets_tenant_id_name_key UNIQUE (tenant_id, name)
);
alter table app.secrets owner to {{p}}_owner;
alter table app.secrets enable row level security;
alter table app.secrets force row level security;
create policy closed_insert on app.secrets as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.secrets as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.secrets as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.secrets as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.secrets to {{p}}_copier;
grant delete, select on app.secrets to {{p}}_purger;
grant delete, insert, select on app.secrets to {{p}}_tenant;
grant update (hosts, value, key_id, updated_at) on app.secrets to {{p}}_tenant;

create table app.sessions (
  tenant_id uuid not null,
  id uuid not null,
  digest bytea not null,
  user_id uuid not null,
  api_key_id uuid,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  last_used_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (tenant_id, id),
  constraint sessions_check CHECK ((expires_at <= (created_at + '168:00:00'::interval))),
  constraint sessions_digest_check CHECK ((octet_length(digest) = 32)),
  constraint sessions_tenant_id_api_key_id_fkey FOREIGN KEY (tenant_id, api_key_id) REFERENCES app.api_keys(tenant_id, id),
  constraint sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id),
  constraint sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint sessions_digest_key UNIQUE (digest)
);
alter table app.sessions owner to {{p}}_owner;
alter table app.sessions enable row level security;
alter table app.sessions force row level security;
CREATE INDEX sessions_by_key ON app.sessions USING btree (tenant_id, api_key_id) WHERE (api_key_id IS NOT NULL);
CREATE INDEX sessions_by_user ON app.sessions USING btree (tenant_id, user_id) WHERE (ended_at IS NULL);
create policy closed_insert on app.sessions as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.sessions as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.sessions as permissive for select to {{p}}_copier
  using (true);
create policy find_sessions on app.sessions as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.sessions as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.sessions to {{p}}_auth;
grant select on app.sessions to {{p}}_copier;
grant delete, select on app.sessions to {{p}}_purger;
grant insert, select on app.sessions to {{p}}_tenant;
grant update (expires_at, last_used_at, ended_at) on app.sessions to {{p}}_tenant;

create table app.skills (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  version text not null,
  digest bytea not null,
  files integer not null,
  bytes integer not null,
  folder bytea not null,
  facts bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  state text not null default 'pending'::text,
  approved_by uuid,
  approved_at timestamp with time zone,
  withdrawn_by uuid,
  withdrawn_at timestamp with time zone,
  constraint skills_pkey PRIMARY KEY (tenant_id, id),
  constraint skills_bytes_check CHECK (((bytes >= 0) AND (bytes <= 1048576))),
  constraint skills_check CHECK ((((approved_at IS NULL) = (approved_by IS NULL)) AND ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)))),
  constraint skills_check1 CHECK (((state = 'pending'::text) OR (approved_at IS NOT NULL))),
  constraint skills_check2 CHECK (((state <> 'withdrawn'::text) OR (withdrawn_at IS NOT NULL))),
  constraint skills_digest_check CHECK ((length(digest) = 32)),
  constraint skills_files_check CHECK (((files >= 1) AND (files <= 100))),
  constraint skills_name_check CHECK (((name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(name) <= 64))),
  constraint skills_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'withdrawn'::text]))),
  constraint skills_version_check CHECK ((version ~ '^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$'::text)),
  constraint skills_tenant_id_approved_by_fkey FOREIGN KEY (tenant_id, approved_by) REFERENCES app.users(tenant_id, id),
  constraint skills_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint skills_tenant_id_withdrawn_by_fkey FOREIGN KEY (tenant_id, withdrawn_by) REFERENCES app.users(tenant_id, id),
  constraint skills_tenant_id_name_version_key UNIQUE (tenant_id, name, version)
);
alter table app.skills owner to {{p}}_owner;
alter table app.skills enable row level security;
alter table app.skills force row level security;
create policy closed_insert on app.skills as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.skills as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.skills as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.skills as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.skills to {{p}}_copier;
grant delete, select on app.skills to {{p}}_purger;
grant delete, insert, select on app.skills to {{p}}_tenant;
grant update (state, approved_by, approved_at, withdrawn_by, withdrawn_at) on app.skills to {{p}}_tenant;

create table app.tenant_keys (
  tenant_id uuid not null,
  key_id text not null,
  purpose text not null,
  version integer not null,
  wrapped bytea,
  master_version integer not null,
  master_fingerprint bytea not null,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  destroyed_at timestamp with time zone,
  constraint tenant_keys_pkey PRIMARY KEY (tenant_id, key_id),
  constraint tenant_keys_check CHECK (((state = 'destroyed'::text) = (wrapped IS NULL))),
  constraint tenant_keys_check1 CHECK (((state = 'destroyed'::text) = (destroyed_at IS NOT NULL))),
  constraint tenant_keys_key_id_check CHECK ((length(key_id) = 36)),
  constraint tenant_keys_master_fingerprint_check CHECK ((octet_length(master_fingerprint) = 32)),
  constraint tenant_keys_master_version_check CHECK ((master_version > 0)),
  constraint tenant_keys_purpose_check CHECK ((purpose = ANY (ARRAY['content'::text, 'index'::text]))),
  constraint tenant_keys_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text, 'destroyed'::text]))),
  constraint tenant_keys_version_check CHECK ((version = 1)),
  constraint tenant_keys_wrapped_check CHECK ((octet_length(wrapped) = 61)),
  constraint tenant_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.tenant_keys owner to {{p}}_owner;
alter table app.tenant_keys enable row level security;
alter table app.tenant_keys force row level security;
CREATE INDEX tenant_keys_by_master ON app.tenant_keys USING btree (master_version, tenant_id) WHERE (state <> 'destroyed'::text);
CREATE UNIQUE INDEX tenant_keys_active ON app.tenant_keys USING btree (tenant_id, purpose) WHERE (state = 'active'::text);
create policy closed_insert on app.tenant_keys as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.tenant_keys as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.tenant_keys as permissive for select to {{p}}_copier
  using (true);
create policy count_master on app.tenant_keys as permissive for select to {{p}}_registrar
  using (true);
create policy wall on app.tenant_keys as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.tenant_keys to {{p}}_copier;
grant delete, select on app.tenant_keys to {{p}}_purger;
grant insert, select on app.tenant_keys to {{p}}_tenant;
grant select (tenant_id, master_version, state) on app.tenant_keys to {{p}}_registrar;
grant update (wrapped, master_version, master_fingerprint, state, destroyed_at) on app.tenant_keys to {{p}}_tenant;

create table app.tenants (
  tenant_id uuid not null,
  name text not null,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  key_max_age_seconds integer not null default 31536000,
  key_limit integer not null default 500,
  constraint tenants_pkey PRIMARY KEY (tenant_id),
  constraint tenants_key_limit_check CHECK (((key_limit >= 1) AND (key_limit <= 100000))),
  constraint tenants_key_max_age_seconds_check CHECK (((key_max_age_seconds >= 60) AND (key_max_age_seconds <= 31536000))),
  constraint tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint tenants_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'deleting'::text])))
);
alter table app.tenants owner to {{p}}_owner;
alter table app.tenants enable row level security;
alter table app.tenants force row level security;
create policy bill_tenants on app.tenants as permissive for select to {{p}}_biller
  using (true);
create policy claim_tenants on app.tenants as permissive for select to {{p}}_claimer
  using ((state = 'active'::text));
create policy closed_insert on app.tenants as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.tenants as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.tenants as permissive for select to {{p}}_copier
  using (true);
create policy find_tenants on app.tenants as permissive for select to {{p}}_auth
  using (true);
create policy register_tenants on app.tenants as permissive for all to {{p}}_registrar
  using (true)
  with check (true);
create policy wall on app.tenants as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.tenants to {{p}}_auth;
grant select on app.tenants to {{p}}_copier;
grant delete, select on app.tenants to {{p}}_purger;
grant insert, select on app.tenants to {{p}}_registrar;
grant select on app.tenants to {{p}}_tenant;
grant select (tenant_id, state) on app.tenants to {{p}}_biller;
grant select (tenant_id, state) on app.tenants to {{p}}_claimer;
grant update (name, state, key_max_age_seconds, key_limit) on app.tenants to {{p}}_registrar;

create table app.token_denials (
  tenant_id uuid not null,
  id uuid not null,
  issuer text not null,
  kind text not null,
  value text not null,
  issued_until timestamp with time zone,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint token_denials_pkey PRIMARY KEY (tenant_id, id),
  constraint token_denials_check CHECK (((kind = 'subject'::text) = (issued_until IS NOT NULL))),
  constraint token_denials_issuer_check CHECK (((length(issuer) >= 1) AND (length(issuer) <= 500))),
  constraint token_denials_kind_check CHECK ((kind = ANY (ARRAY['token'::text, 'session'::text, 'subject'::text]))),
  constraint token_denials_value_check CHECK (((length(value) >= 1) AND (length(value) <= 255))),
  constraint token_denials_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.token_denials owner to {{p}}_owner;
alter table app.token_denials enable row level security;
alter table app.token_denials force row level security;
CREATE INDEX token_denials_by_value ON app.token_denials USING btree (tenant_id, issuer, value);
create policy closed_insert on app.token_denials as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.token_denials as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.token_denials as permissive for select to {{p}}_copier
  using (true);
create policy find_denials on app.token_denials as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.token_denials as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.token_denials to {{p}}_auth;
grant select on app.token_denials to {{p}}_copier;
grant delete, select on app.token_denials to {{p}}_purger;
grant delete, insert, select on app.token_denials to {{p}}_tenant;

create table app.usage (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  effect_key text not null,
  user_id uuid not null,
  skill_name text not null,
  model text not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_tokens bigint not null default 0,
  cost numeric(20,10) not null,
  reserved_tokens bigint not null,
  reserved_cost numeric(20,10) not null,
  over_reserved boolean not null generated always as (((cost > reserved_cost) OR ((input_tokens + output_tokens) > reserved_tokens))),
  price_id text not null,
  price_input numeric(20,10) not null,
  price_output numeric(20,10) not null,
  settlement text not null,
  day date not null default ((clock_timestamp() AT TIME ZONE 'UTC'::text))::date,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint usage_pkey PRIMARY KEY (tenant_id, id),
  constraint usage_cached_tokens_check CHECK ((cached_tokens >= 0)),
  constraint usage_cost_check CHECK ((cost >= (0)::numeric)),
  constraint usage_effect_key_check CHECK (((length(effect_key) >= 1) AND (length(effect_key) <= 200))),
  constraint usage_input_tokens_check CHECK ((input_tokens >= 0)),
  constraint usage_output_tokens_check CHECK ((output_tokens >= 0)),
  constraint usage_settlement_check CHECK ((settlement = ANY (ARRAY['settled'::text, 'lost'::text]))),
  constraint usage_tenant_id_run_id_fkey FOREIGN KEY (tenant_id, run_id) REFERENCES app.runs(tenant_id, id),
  constraint usage_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app.users(tenant_id, id),
  constraint usage_tenant_id_run_id_effect_key_key UNIQUE (tenant_id, run_id, effect_key)
);
alter table app.usage owner to {{p}}_owner;
alter table app.usage enable row level security;
alter table app.usage force row level security;
CREATE INDEX usage_by_day ON app.usage USING btree (tenant_id, day);
create policy closed_insert on app.usage as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.usage as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.usage as permissive for select to {{p}}_copier
  using (true);
create policy wall on app.usage as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.usage to {{p}}_copier;
grant delete, select on app.usage to {{p}}_purger;
grant insert, select on app.usage to {{p}}_tenant;

create table app.users (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  role text not null,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint users_pkey PRIMARY KEY (tenant_id, id),
  constraint users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint users_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'developer'::text, 'approver'::text, 'viewer'::text]))),
  constraint users_state_check CHECK ((state = ANY (ARRAY['active'::text, 'disabled'::text]))),
  constraint users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES app.tenants(tenant_id)
);
alter table app.users owner to {{p}}_owner;
alter table app.users enable row level security;
alter table app.users force row level security;
create policy closed_insert on app.users as restrictive for insert to {{p}}_tenant
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy closed_update on app.users as restrictive for update to {{p}}_tenant
  using (true)
  with check (( SELECT app.open_to_writers() AS open_to_writers));
create policy copy on app.users as permissive for select to {{p}}_copier
  using (true);
create policy find_users on app.users as permissive for select to {{p}}_auth
  using (true);
create policy wall on app.users as permissive for all to {{p}}_purger, {{p}}_tenant
  using ((tenant_id = app.current_tenant()))
  with check ((tenant_id = app.current_tenant()));
grant select on app.users to {{p}}_auth;
grant select on app.users to {{p}}_copier;
grant delete, select on app.users to {{p}}_purger;
grant insert, select on app.users to {{p}}_tenant;
grant update (name, role, state) on app.users to {{p}}_tenant;

create schema sys authorization {{p}}_owner;
grant usage on schema sys to {{p}}_api;
grant usage on schema sys to {{p}}_auth;
grant usage on schema sys to {{p}}_biller;
grant usage on schema sys to {{p}}_claimer;
grant usage on schema sys to {{p}}_copier;
grant usage on schema sys to {{p}}_ops;
grant usage on schema sys to {{p}}_registrar;
grant usage on schema sys to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.access_figures()
 RETURNS TABLE(tenants bigint, with_retention bigint, idle_keys bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select
    (select count(*) from app.tenants t where t.state = 'active'),
    (select count(distinct p.tenant_id) from app.retention_policies p join app.tenants t on t.tenant_id = p.tenant_id and t.state = 'active'),
    (select count(*) from app.api_keys k where k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()
       and coalesce(k.last_used_at, k.created_at) < clock_timestamp() - interval '90 days')
$function$;
alter function sys.access_figures() owner to {{p}}_auth;
grant execute on function sys.access_figures() to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.advance_purge(p_id uuid, p_epoch bigint, p_step text, p_progress text, p_lease_ms integer)
 RETURNS TABLE(moved boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update sys.purges p set step = p_step, progress = p_progress, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  where p.id = p_id and p.epoch = p_epoch and p.step <> 'done' returning true
$function$;
alter function sys.advance_purge(p_id uuid, p_epoch bigint, p_step text, p_progress text, p_lease_ms integer) owner to {{p}}_registrar;
grant execute on function sys.advance_purge(p_id uuid, p_epoch bigint, p_step text, p_progress text, p_lease_ms integer) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.append_operator(p_id uuid, p_body text, p_digest bytea)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(21013, 0);
  insert into sys.operator_audit (seq, id, body, prev_hash, hash)
  select n.seq, p_id, p_body, n.prev,
    sha256('\x01'::bytea || coalesce(n.prev, decode(repeat('00', 32), 'hex')) || int8send(n.seq) || p_digest)
  from (select coalesce(max(a.seq), -1) + 1 as seq, (array_agg(a.hash order by a.seq desc))[1] as prev
        from sys.operator_audit a where a.seq >= coalesce((select max(b.seq) from sys.operator_audit b), 0)) n
  where not exists (select 1 from sys.operator_audit a where a.id = p_id);
$function$;
alter function sys.append_operator(p_id uuid, p_body text, p_digest bytea) owner to {{p}}_registrar;

CREATE OR REPLACE FUNCTION sys.approvals_due(p_most integer)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select a.tenant_id from app.approvals a where a.state = 'pending' and a.expires_at <= clock_timestamp()
  group by a.tenant_id order by min(a.expires_at) limit p_most
$function$;
alter function sys.approvals_due(p_most integer) owner to {{p}}_claimer;
grant execute on function sys.approvals_due(p_most integer) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.audit_due(p_most integer)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select u.tenant_id from app.audit_unsealed u group by u.tenant_id order by min(u.since) limit p_most
$function$;
alter function sys.audit_due(p_most integer) owner to {{p}}_claimer;
grant execute on function sys.audit_due(p_most integer) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.backed_up_at()
 RETURNS TABLE(backed_up_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select max(o.recorded_at) from sys.operator_audit o where o.body::jsonb ->> 'action' = 'installation.backed_up'
$function$;
alter function sys.backed_up_at() owner to {{p}}_registrar;
grant execute on function sys.backed_up_at() to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.change_tenant(p_tenant uuid, p_name text, p_state text, p_key_max_age integer, p_key_limit integer)
 RETURNS TABLE(tenant_id uuid, name text, state text, created_at timestamp with time zone, key_max_age_seconds integer, key_limit integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update app.tenants t set name = coalesce(p_name, t.name), state = coalesce(p_state, t.state),
    key_max_age_seconds = coalesce(p_key_max_age, t.key_max_age_seconds), key_limit = coalesce(p_key_limit, t.key_limit)
  where t.tenant_id = p_tenant and t.state <> 'deleting' and (p_state is null or p_state in ('active', 'suspended'))
  returning t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit
$function$;
alter function sys.change_tenant(p_tenant uuid, p_name text, p_state text, p_key_max_age integer, p_key_limit integer) owner to {{p}}_registrar;
grant execute on function sys.change_tenant(p_tenant uuid, p_name text, p_state text, p_key_max_age integer, p_key_limit integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.claim_purge(p_lease_ms integer)
 RETURNS TABLE(id uuid, tenant_id uuid, step text, epoch bigint, progress text, requested_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with pick as (select p.id from sys.purges p where p.step <> 'done' and (p.lease_until is null or p.lease_until < clock_timestamp())
                order by p.id limit 1 for update skip locked)
  update sys.purges p set epoch = p.epoch + 1, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  from pick where p.id = pick.id returning p.id, p.tenant_id, p.step, p.epoch, p.progress, p.requested_at
$function$;
alter function sys.claim_purge(p_lease_ms integer) owner to {{p}}_registrar;
grant execute on function sys.claim_purge(p_lease_ms integer) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.claim_runs(p_worker uuid, p_max integer)
 RETURNS TABLE(tenant_id uuid, run_id uuid, epoch bigint, stalls integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with alive as materialized (select live.id from sys.live_workers() as live(id)),
  ready as (
    select r.tenant_id, r.id, row_number() over (partition by r.tenant_id order by r.id) as nth
    from app.runs r join app.tenants t on t.tenant_id = r.tenant_id and t.state = 'active'
    where r.status = 'queued' or (r.status = 'running' and not exists (select 1 from alive a where a.id = r.worker))),
  pick as (
    select r.tenant_id, r.id
    from app.runs r join (select q.tenant_id, q.id, q.nth from ready q order by q.nth, q.id limit p_max * 4) q using (tenant_id, id)
    where r.status = 'queued' or (r.status = 'running' and not exists (select 1 from alive a where a.id = r.worker))
    order by q.nth, r.id limit p_max for update of r skip locked)
  update app.runs r
  set status = 'running', epoch = r.epoch + 1, worker = p_worker, stalls = r.stalls + (r.status = 'running')::int
  from pick
  where (r.tenant_id, r.id) = (pick.tenant_id, pick.id)
    and p_worker in (select a.id from alive a)
  returning r.tenant_id, r.id, r.epoch, r.stalls
$function$;
alter function sys.claim_runs(p_worker uuid, p_max integer) owner to {{p}}_claimer;
grant execute on function sys.claim_runs(p_worker uuid, p_max integer) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.claim_setup_link(p_digest bytea)
 RETURNS TABLE(tenant_id uuid, user_id uuid)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update sys.setup_links l set used_at = clock_timestamp()
  where l.digest = p_digest and l.used_at is null and l.expires_at > clock_timestamp()
  returning l.tenant_id, l.user_id
$function$;
alter function sys.claim_setup_link(p_digest bytea) owner to {{p}}_registrar;
grant execute on function sys.claim_setup_link(p_digest bytea) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.create_setup_link(p_digest bytea, p_tenant uuid, p_user uuid, p_seconds integer)
 RETURNS TABLE(expires_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into sys.setup_links (digest, tenant_id, user_id, expires_at)
  values (p_digest, p_tenant, p_user, clock_timestamp() + make_interval(secs => p_seconds)) returning expires_at
$function$;
alter function sys.create_setup_link(p_digest bytea, p_tenant uuid, p_user uuid, p_seconds integer) owner to {{p}}_registrar;
grant execute on function sys.create_setup_link(p_digest bytea, p_tenant uuid, p_user uuid, p_seconds integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.create_tenant(p_tenant uuid, p_name text)
 RETURNS TABLE(created_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into app.tenants as t (tenant_id, name) values (p_tenant, p_name)
  on conflict (tenant_id) do update set name = t.name returning t.created_at
$function$;
alter function sys.create_tenant(p_tenant uuid, p_name text) owner to {{p}}_registrar;
grant execute on function sys.create_tenant(p_tenant uuid, p_name text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.draw_billing_ticket(p_mode text, p_event text)
 RETURNS TABLE(ticket bigint, known boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select nextval('sys.billing_tickets'), exists (select 1 from app.billing_events e where e.mode = p_mode and e.event_id = p_event)
$function$;
alter function sys.draw_billing_ticket(p_mode text, p_event text) owner to {{p}}_biller;
grant execute on function sys.draw_billing_ticket(p_mode text, p_event text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.drop_holder(p_node uuid)
 RETURNS TABLE(dropped integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with gone as (delete from sys.key_holders h where h.node = p_node returning h.name) select count(*)::int from gone
$function$;
alter function sys.drop_holder(p_node uuid) owner to {{p}}_registrar;
grant execute on function sys.drop_holder(p_node uuid) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.end_worker(p_worker uuid)
 RETURNS TABLE(released integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with gone as (delete from sys.workers w where w.id = p_worker),
  given as (update app.runs r set status = 'queued', worker = null
            where r.worker = p_worker and r.status = 'running' returning r.id)
  select count(*)::int as released from given
$function$;
alter function sys.end_worker(p_worker uuid) owner to {{p}}_claimer;
grant execute on function sys.end_worker(p_worker uuid) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.figures()
 RETURNS TABLE(queued bigint, running bigint, oldest_queued uuid, workers bigint, unsealed bigint, sealing_lag_ms bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select
    (select count(*) from app.runs r where r.status = 'queued'),
    (select count(*) from app.runs r where r.status = 'running'),
    (select r.id from app.runs r where r.status = 'queued' order by r.id limit 1),
    (select count(*) from sys.live_workers()),
    (select count(*) from app.audit_unsealed u),
    (select coalesce(extract(epoch from clock_timestamp() - min(u.since)) * 1000, 0)::bigint from app.audit_unsealed u)
$function$;
alter function sys.figures() owner to {{p}}_claimer;
grant execute on function sys.figures() to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.find_billing_tenant(p_mode text, p_customer text)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select c.tenant_id from app.billing_customers c where c.mode = p_mode and c.customer_id = p_customer
$function$;
alter function sys.find_billing_tenant(p_mode text, p_customer text) owner to {{p}}_biller;
grant execute on function sys.find_billing_tenant(p_mode text, p_customer text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.find_key(p_key_id text)
 RETURNS TABLE(tenant_id uuid, id uuid, user_id uuid, env text, pepper_version integer, secret_hmac bytea, scopes text[], status text, exposed boolean, expires_at timestamp with time zone, tenant_state text, user_state text, user_role text, contracts_version text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select k.tenant_id, k.id, k.user_id, k.env, k.pepper_version, k.secret_hmac, k.scopes,
         k.status, k.exposed, k.expires_at, t.state, u.state, u.role, k.contracts_version
  from app.api_keys k
  join app.tenants t on t.tenant_id = k.tenant_id
  join app.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
  where k.key_id = p_key_id
$function$;
alter function sys.find_key(p_key_id text) owner to {{p}}_auth;
grant execute on function sys.find_key(p_key_id text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.find_memberships(p_issuer text, p_subject text, p_token text, p_session text, p_issued_at double precision)
 RETURNS TABLE(tenant_id uuid, user_id uuid, user_role text, tenant_state text, user_state text, denied boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select i.tenant_id, i.user_id, u.role, t.state, u.state,
    exists (select 1 from app.token_denials d where d.tenant_id = i.tenant_id and d.issuer = p_issuer and (
      (d.kind = 'token' and d.value = p_token) or (d.kind = 'session' and d.value = p_session)
      or (d.kind = 'subject' and d.value = p_subject and d.issued_until >= to_timestamp(p_issued_at))))
  from app.identities i
  join app.tenants t on t.tenant_id = i.tenant_id
  join app.users u on u.tenant_id = i.tenant_id and u.id = i.user_id
  where i.issuer = p_issuer and i.subject = p_subject
  order by i.tenant_id limit 100
$function$;
alter function sys.find_memberships(p_issuer text, p_subject text, p_token text, p_session text, p_issued_at double precision) owner to {{p}}_auth;
grant execute on function sys.find_memberships(p_issuer text, p_subject text, p_token text, p_session text, p_issued_at double precision) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.find_purge(p_purge uuid)
 RETURNS TABLE(tenant_id uuid, step text, progress text, certificate text, requested_at timestamp with time zone, ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select p.tenant_id, p.step, p.progress, p.certificate, p.requested_at, p.ended_at from sys.purges p where p.id = p_purge
$function$;
alter function sys.find_purge(p_purge uuid) owner to {{p}}_registrar;
grant execute on function sys.find_purge(p_purge uuid) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.find_session(p_digest bytea)
 RETURNS TABLE(tenant_id uuid, id uuid, user_id uuid, api_key_id uuid, user_role text, key_scopes text[], key_env text, ended boolean, expired boolean, key_holds boolean, tenant_state text, user_state text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select s.tenant_id, s.id, s.user_id, s.api_key_id, u.role, k.scopes, k.env,
         s.ended_at is not null, s.expires_at <= clock_timestamp(),
         s.api_key_id is null or (k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()),
         t.state, u.state
  from app.sessions s
  join app.tenants t on t.tenant_id = s.tenant_id
  join app.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
  left join app.api_keys k on k.tenant_id = s.tenant_id and k.id = s.api_key_id
  where s.digest = p_digest
$function$;
alter function sys.find_session(p_digest bytea) owner to {{p}}_auth;
grant execute on function sys.find_session(p_digest bytea) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.finish_purge(p_id uuid, p_epoch bigint, p_certificate text, p_record uuid, p_body text, p_digest bytea)
 RETURNS TABLE(moved boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select p.id from sys.purges p where p.id = p_id for update;
  select sys.append_operator(p_record, p_body, p_digest)
    where exists (select 1 from sys.purges p where p.id = p_id and p.epoch = p_epoch and p.step = 'certify');
  update sys.purges p set step = 'done', certificate = p_certificate, ended_at = clock_timestamp()
  where p.id = p_id and p.epoch = p_epoch and p.step = 'certify' returning true
$function$;
alter function sys.finish_purge(p_id uuid, p_epoch bigint, p_certificate text, p_record uuid, p_body text, p_digest bytea) owner to {{p}}_registrar;
grant execute on function sys.finish_purge(p_id uuid, p_epoch bigint, p_certificate text, p_record uuid, p_body text, p_digest bytea) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.forget_tenant(p_tenant uuid)
 RETURNS TABLE(forgotten integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with links as (delete from sys.setup_links l where l.tenant_id = p_tenant returning 1),
  plans as (delete from sys.instance i where i.name in ('first_tenant', 'first_boot')
              and position(convert_to(p_tenant::text, 'UTF8') in i.value) > 0 returning 1)
  select ((select count(*) from links) + (select count(*) from plans))::int
$function$;
alter function sys.forget_tenant(p_tenant uuid) owner to {{p}}_registrar;
grant execute on function sys.forget_tenant(p_tenant uuid) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.get_tenant(p_tenant uuid)
 RETURNS TABLE(tenant_id uuid, name text, state text, created_at timestamp with time zone, key_max_age_seconds integer, key_limit integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit from app.tenants t
  where t.tenant_id = p_tenant
$function$;
alter function sys.get_tenant(p_tenant uuid) owner to {{p}}_registrar;
grant execute on function sys.get_tenant(p_tenant uuid) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.halt_runs(p_tenant uuid)
 RETURNS TABLE(run_id uuid)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select pg_advisory_xact_lock(21012, hashtext(p_tenant::text));
  update app.runs r set status = 'queued', worker = null, epoch = r.epoch + 1
  where r.tenant_id = p_tenant and r.status in ('queued', 'running') returning r.id
$function$;
alter function sys.halt_runs(p_tenant uuid) owner to {{p}}_claimer;
grant execute on function sys.halt_runs(p_tenant uuid) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.hold_key(p_node uuid, p_name text, p_host text, p_newest integer, p_used integer)
 RETURNS TABLE(held boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  delete from sys.key_holders h where h.seen_at < clock_timestamp() - interval '1 hour';
  insert into sys.key_holders (node, name, host, newest, used) values (p_node, p_name, p_host, p_newest, p_used)
  on conflict (node, name) do update set newest = excluded.newest, used = excluded.used, seen_at = clock_timestamp()
  returning true
$function$;
alter function sys.hold_key(p_node uuid, p_name text, p_host text, p_newest integer, p_used integer) owner to {{p}}_registrar;
grant execute on function sys.hold_key(p_node uuid, p_name text, p_host text, p_newest integer, p_used integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.holders_of(p_name text, p_seconds integer)
 RETURNS TABLE(host text, newest integer, used integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select h.host, h.newest, h.used from sys.key_holders h
  where h.name = p_name and h.seen_at > clock_timestamp() - make_interval(secs => p_seconds) order by h.host, h.node
$function$;
alter function sys.holders_of(p_name text, p_seconds integer) owner to {{p}}_registrar;
grant execute on function sys.holders_of(p_name text, p_seconds integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.instance_get(p_name text)
 RETURNS TABLE(value bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select i.value from sys.instance i where i.name = p_name
$function$;
alter function sys.instance_get(p_name text) owner to {{p}}_registrar;
grant execute on function sys.instance_get(p_name text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.instance_put(p_name text, p_value bytea)
 RETURNS TABLE(value bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into sys.instance as i (name, value) values (p_name, p_value)
  on conflict (name) do update set name = i.name returning i.value
$function$;
alter function sys.instance_put(p_name text, p_value bytea) owner to {{p}}_registrar;
grant execute on function sys.instance_put(p_name text, p_value bytea) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.link_billing_customer(p_tenant uuid, p_mode text, p_customer text)
 RETURNS TABLE(linked boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into app.billing_customers (tenant_id, mode, customer_id)
  select t.tenant_id, p_mode, p_customer from app.tenants t where t.tenant_id = p_tenant and t.state = 'active'
  on conflict do nothing returning true as linked
$function$;
alter function sys.link_billing_customer(p_tenant uuid, p_mode text, p_customer text) owner to {{p}}_biller;
grant execute on function sys.link_billing_customer(p_tenant uuid, p_mode text, p_customer text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.list_tenants(p_before uuid, p_limit integer)
 RETURNS TABLE(tenant_id uuid, name text, state text, created_at timestamp with time zone, key_max_age_seconds integer, key_limit integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit from app.tenants t
  where p_before is null or t.tenant_id < p_before order by t.tenant_id desc limit p_limit
$function$;
alter function sys.list_tenants(p_before uuid, p_limit integer) owner to {{p}}_registrar;
grant execute on function sys.list_tenants(p_before uuid, p_limit integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.live_workers()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select w.id from sys.workers w
  where w.lease_until > clock_timestamp()
    and exists (select 1 from pg_locks l
                where l.locktype = 'advisory' and l.classid = 21009 and l.objid = w.number::oid and l.objsubid = 2 and l.granted
                  and l.database = (select d.oid from pg_database d where d.datname = current_database()))
$function$;
alter function sys.live_workers() owner to {{p}}_claimer;

CREATE OR REPLACE FUNCTION sys.master_keys()
 RETURNS TABLE(version integer, fingerprint bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select m.version, m.fingerprint from sys.master_keys m where m.retired_at is null order by m.version
$function$;
alter function sys.master_keys() owner to {{p}}_registrar;
grant execute on function sys.master_keys() to {{p}}_api;
grant execute on function sys.master_keys() to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.operator_audit_after(p_after bigint, p_limit integer)
 RETURNS TABLE(seq bigint, body text, prev_hash bytea, hash bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select a.seq, a.body, a.prev_hash, a.hash from sys.operator_audit a where a.seq > p_after order by a.seq limit p_limit
$function$;
alter function sys.operator_audit_after(p_after bigint, p_limit integer) owner to {{p}}_registrar;
grant execute on function sys.operator_audit_after(p_after bigint, p_limit integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.park_billing_event(p_mode text, p_event text, p_type text, p_object text, p_customer text)
 RETURNS TABLE(parked boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into sys.billing_parked (mode, event_id, type, object_id, customer_id) values (p_mode, p_event, p_type, p_object, p_customer)
  on conflict do nothing returning true as parked
$function$;
alter function sys.park_billing_event(p_mode text, p_event text, p_type text, p_object text, p_customer text) owner to {{p}}_biller;
grant execute on function sys.park_billing_event(p_mode text, p_event text, p_type text, p_object text, p_customer text) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.purged_lately(p_hours integer)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select p.tenant_id from sys.purges p where p.ended_at > clock_timestamp() - make_interval(hours => p_hours)
$function$;
alter function sys.purged_lately(p_hours integer) owner to {{p}}_registrar;
grant execute on function sys.purged_lately(p_hours integer) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.record_purge(p_id uuid, p_epoch bigint, p_record uuid, p_body text, p_digest bytea)
 RETURNS TABLE(recorded boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select p.id from sys.purges p where p.id = p_id for update;
  select sys.append_operator(p_record, p_body, p_digest) where exists (select 1 from sys.purges p where p.id = p_id and p.epoch = p_epoch);
  select exists (select 1 from sys.operator_audit a where a.id = p_record)
$function$;
alter function sys.record_purge(p_id uuid, p_epoch bigint, p_record uuid, p_body text, p_digest bytea) owner to {{p}}_registrar;
grant execute on function sys.record_purge(p_id uuid, p_epoch bigint, p_record uuid, p_body text, p_digest bytea) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.register_master_key(p_version integer, p_fingerprint bytea)
 RETURNS TABLE(fingerprint bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into sys.master_keys as m (version, fingerprint) values (p_version, p_fingerprint)
  on conflict (version) do update set retired_at = m.retired_at returning m.fingerprint
$function$;
alter function sys.register_master_key(p_version integer, p_fingerprint bytea) owner to {{p}}_registrar;
grant execute on function sys.register_master_key(p_version integer, p_fingerprint bytea) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.register_worker(p_worker uuid, p_host text, p_lease_ms integer)
 RETURNS TABLE(number integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  delete from sys.workers w where w.lease_until < clock_timestamp() - interval '1 day';
  insert into sys.workers (id, host, lease_until)
  values (p_worker, p_host, clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
  returning number
$function$;
alter function sys.register_worker(p_worker uuid, p_host text, p_lease_ms integer) owner to {{p}}_claimer;
grant execute on function sys.register_worker(p_worker uuid, p_host text, p_lease_ms integer) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.release_run(p_worker uuid, p_run uuid, p_epoch bigint)
 RETURNS TABLE(released integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with given as (update app.runs r set status = 'queued', worker = null
                 where r.worker = p_worker and r.id = p_run and r.epoch = p_epoch and r.status = 'running' returning r.id)
  select count(*)::int as released from given
$function$;
alter function sys.release_run(p_worker uuid, p_run uuid, p_epoch bigint) owner to {{p}}_claimer;
grant execute on function sys.release_run(p_worker uuid, p_run uuid, p_epoch bigint) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.renew_worker(p_worker uuid, p_lease_ms integer)
 RETURNS TABLE(renewed boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET synchronous_commit TO 'off'
AS $function$
  with renewal as (
    update sys.workers w set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where w.id = p_worker and w.lease_until > clock_timestamp() returning w.id)
  select exists (select 1 from renewal) as renewed
$function$;
alter function sys.renew_worker(p_worker uuid, p_lease_ms integer) owner to {{p}}_claimer;
grant execute on function sys.renew_worker(p_worker uuid, p_lease_ms integer) to {{p}}_worker;

CREATE OR REPLACE FUNCTION sys.request_purge(p_purge uuid, p_tenant uuid, p_name text, p_body text, p_digest bytea)
 RETURNS TABLE(purge_id uuid, known boolean, named boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update app.tenants t set state = 'deleting' where t.tenant_id = p_tenant and t.name = p_name;
  insert into sys.purges (id, tenant_id)
    select p_purge, t.tenant_id from app.tenants t where t.tenant_id = p_tenant and t.name = p_name on conflict (tenant_id) do nothing;
  delete from sys.setup_links l where l.tenant_id = p_tenant and exists (select 1 from sys.purges p where p.id = p_purge);
  select sys.append_operator(p_purge, p_body, p_digest) where exists (select 1 from sys.purges p where p.id = p_purge);
  select (select p.id from sys.purges p where p.tenant_id = p_tenant),
    exists (select 1 from app.tenants t where t.tenant_id = p_tenant),
    exists (select 1 from app.tenants t where t.tenant_id = p_tenant and t.name = p_name)
$function$;
alter function sys.request_purge(p_purge uuid, p_tenant uuid, p_name text, p_body text, p_digest bytea) owner to {{p}}_registrar;
grant execute on function sys.request_purge(p_purge uuid, p_tenant uuid, p_name text, p_body text, p_digest bytea) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.retire_master_keys(p_newest integer)
 RETURNS TABLE(version integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  update sys.master_keys m set retired_at = clock_timestamp()
  where m.version < p_newest and m.retired_at is null
    and not exists (select 1 from app.tenant_keys k where k.master_version = m.version and k.state <> 'destroyed')
  returning m.version
$function$;
alter function sys.retire_master_keys(p_newest integer) owner to {{p}}_registrar;
grant execute on function sys.retire_master_keys(p_newest integer) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.sweep_rates()
 RETURNS TABLE(swept integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with gone as (
    delete from sys.rates r where r.name in (
      select o.name from sys.rates o where o.tat < extract(epoch from clock_timestamp())::double precision - 5 limit 50000 for update skip locked)
    returning r.name)
  select count(*)::int as swept from gone
$function$;
alter function sys.sweep_rates() owner to {{p}}_auth;
grant execute on function sys.sweep_rates() to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.sweep_setup_links()
 RETURNS TABLE(swept integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with gone as (
    delete from sys.setup_links l where l.digest in (
      select o.digest from sys.setup_links o where o.expires_at < clock_timestamp() - interval '1 day' limit 10000 for update skip locked)
    returning l.digest)
  select count(*)::int as swept from gone
$function$;
alter function sys.sweep_setup_links() owner to {{p}}_registrar;
grant execute on function sys.sweep_setup_links() to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.take_rates(p_names bytea[], p_steps double precision[], p_rooms double precision[])
 RETURNS TABLE(name bytea, allowed boolean, tat double precision, taken_at double precision)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into sys.rates as r (name, tat, taken_at, step, room, allowed)
  select n.name, c.seconds + n.step, c.seconds, n.step, n.room, true
  from unnest(p_names, p_steps, p_rooms) as n(name, step, room)
    cross join (select extract(epoch from clock_timestamp())::double precision as seconds) c
  order by n.name
  on conflict (name) do update set
    allowed = greatest(r.tat, excluded.taken_at) + excluded.step <= excluded.taken_at + excluded.room,
    tat = case when greatest(r.tat, excluded.taken_at) + excluded.step <= excluded.taken_at + excluded.room
               then greatest(r.tat, excluded.taken_at) + excluded.step else r.tat end,
    taken_at = excluded.taken_at, step = excluded.step, room = excluded.room
  returning r.name, r.allowed, r.tat, r.taken_at
$function$;
alter function sys.take_rates(p_names bytea[], p_steps double precision[], p_rooms double precision[]) owner to {{p}}_auth;
grant execute on function sys.take_rates(p_names bytea[], p_steps double precision[], p_rooms double precision[]) to {{p}}_api;

CREATE OR REPLACE FUNCTION sys.tenants_after(p_after uuid, p_limit integer)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select t.tenant_id from app.tenants t where t.state = 'active' and (p_after is null or t.tenant_id > p_after)
  order by t.tenant_id limit p_limit
$function$;
alter function sys.tenants_after(p_after uuid, p_limit integer) owner to {{p}}_claimer;
grant execute on function sys.tenants_after(p_after uuid, p_limit integer) to {{p}}_ops;

CREATE OR REPLACE FUNCTION sys.tenants_to_rewrap(p_version integer, p_after uuid, p_limit integer)
 RETURNS TABLE(tenant_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select distinct k.tenant_id from app.tenant_keys k
  where k.master_version <> p_version and k.state <> 'destroyed' and (p_after is null or k.tenant_id > p_after)
  order by k.tenant_id limit p_limit
$function$;
alter function sys.tenants_to_rewrap(p_version integer, p_after uuid, p_limit integer) owner to {{p}}_registrar;
grant execute on function sys.tenants_to_rewrap(p_version integer, p_after uuid, p_limit integer) to {{p}}_api;

create table sys.billing_parked (
  mode text not null,
  event_id text not null,
  type text not null,
  object_id text not null,
  customer_id text,
  received_at timestamp with time zone not null default clock_timestamp(),
  constraint billing_parked_pkey PRIMARY KEY (mode, event_id),
  constraint billing_parked_customer_id_check CHECK ((customer_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_parked_event_id_check CHECK ((event_id ~ '^[A-Za-z0-9_#-]{1,255}$'::text)),
  constraint billing_parked_mode_check CHECK ((mode = ANY (ARRAY['test'::text, 'live'::text]))),
  constraint billing_parked_object_id_check CHECK ((object_id ~ '^[A-Za-z0-9_]{1,255}$'::text)),
  constraint billing_parked_type_check CHECK ((type ~ '^[a-z0-9_.]{1,100}$'::text))
);
alter table sys.billing_parked owner to {{p}}_owner;
grant insert, select on sys.billing_parked to {{p}}_biller;
grant select on sys.billing_parked to {{p}}_copier;

create table sys.instance (
  name text not null,
  value bytea not null,
  constraint instance_pkey PRIMARY KEY (name)
);
alter table sys.instance owner to {{p}}_owner;
grant select on sys.instance to {{p}}_copier;
grant delete, insert, select on sys.instance to {{p}}_registrar;
grant update (name) on sys.instance to {{p}}_registrar;

create table sys.key_holders (
  node uuid not null,
  name text not null,
  host text not null,
  newest integer not null,
  used integer not null,
  seen_at timestamp with time zone not null default clock_timestamp(),
  constraint key_holders_pkey PRIMARY KEY (node, name),
  constraint key_holders_host_check CHECK (((length(host) >= 1) AND (length(host) <= 255))),
  constraint key_holders_name_check CHECK ((name = ANY (ARRAY['master'::text, 'links'::text]))),
  constraint key_holders_newest_check CHECK ((newest > 0)),
  constraint key_holders_used_check CHECK ((used > 0))
);
alter table sys.key_holders owner to {{p}}_owner;
grant select on sys.key_holders to {{p}}_copier;
grant delete, insert, select, update on sys.key_holders to {{p}}_registrar;

create table sys.master_keys (
  version integer not null,
  fingerprint bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  retired_at timestamp with time zone,
  constraint master_keys_pkey PRIMARY KEY (version),
  constraint master_keys_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  constraint master_keys_version_check CHECK ((version > 0))
);
alter table sys.master_keys owner to {{p}}_owner;
grant select on sys.master_keys to {{p}}_copier;
grant insert, select on sys.master_keys to {{p}}_registrar;
grant update (retired_at) on sys.master_keys to {{p}}_registrar;

create table sys.operator_audit (
  seq bigint not null,
  id uuid not null,
  body text not null,
  prev_hash bytea,
  hash bytea not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint operator_audit_pkey PRIMARY KEY (seq),
  constraint operator_audit_body_check CHECK (((length(body) >= 2) AND (length(body) <= 60000))),
  constraint operator_audit_check CHECK (((seq = 0) = (prev_hash IS NULL))),
  constraint operator_audit_hash_check CHECK ((octet_length(hash) = 32)),
  constraint operator_audit_prev_hash_check CHECK ((octet_length(prev_hash) = 32)),
  constraint operator_audit_seq_check CHECK ((seq >= 0)),
  constraint operator_audit_id_key UNIQUE (id)
);
alter table sys.operator_audit owner to {{p}}_owner;
CREATE TRIGGER insert_only BEFORE DELETE OR UPDATE ON sys.operator_audit FOR EACH ROW EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON sys.operator_audit FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
grant select on sys.operator_audit to {{p}}_copier;
grant insert, select on sys.operator_audit to {{p}}_registrar;

create table sys.purges (
  id uuid not null,
  tenant_id uuid not null,
  step text not null default 'halt'::text,
  epoch bigint not null default 0,
  lease_until timestamp with time zone,
  progress text not null default '{}'::text,
  certificate text,
  requested_at timestamp with time zone not null default clock_timestamp(),
  ended_at timestamp with time zone,
  constraint purges_pkey PRIMARY KEY (id),
  constraint purges_check CHECK (((step = 'done'::text) = ((certificate IS NOT NULL) AND (ended_at IS NOT NULL)))),
  constraint purges_step_check CHECK ((step = ANY (ARRAY['halt'::text, 'inventory'::text, 'tombstones'::text, 'rows'::text, 'blobs'::text, 'keys'::text, 'tenant'::text, 'scan'::text, 'certify'::text, 'done'::text]))),
  constraint purges_tenant_id_key UNIQUE (tenant_id)
);
alter table sys.purges owner to {{p}}_owner;
CREATE INDEX purges_open ON sys.purges USING btree (id) WHERE (step <> 'done'::text);
grant select on sys.purges to {{p}}_copier;
grant insert, select on sys.purges to {{p}}_registrar;
grant update (step, epoch, lease_until, progress, certificate, ended_at) on sys.purges to {{p}}_registrar;

create unlogged table sys.rates (
  name bytea not null,
  tat double precision not null,
  taken_at double precision not null,
  step double precision not null,
  room double precision not null,
  allowed boolean not null,
  constraint rates_pkey PRIMARY KEY (name),
  constraint rates_name_check CHECK ((octet_length(name) = 32))
);
alter table sys.rates owner to {{p}}_owner;
grant delete, insert, select, update on sys.rates to {{p}}_auth;
grant select on sys.rates to {{p}}_copier;

create table sys.setup_links (
  digest bytea not null,
  tenant_id uuid not null,
  user_id uuid not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint setup_links_pkey PRIMARY KEY (digest),
  constraint setup_links_digest_check CHECK ((octet_length(digest) = 32))
);
alter table sys.setup_links owner to {{p}}_owner;
CREATE INDEX setup_links_by_end ON sys.setup_links USING btree (expires_at);
grant select on sys.setup_links to {{p}}_copier;
grant delete, insert, select on sys.setup_links to {{p}}_registrar;
grant update (used_at) on sys.setup_links to {{p}}_registrar;

create table sys.workers (
  id uuid not null,
  number integer not null generated always as identity,
  host text not null,
  lease_until timestamp with time zone not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  constraint workers_pkey PRIMARY KEY (id),
  constraint workers_number_key UNIQUE (number)
);
alter table sys.workers owner to {{p}}_owner;
grant delete, insert, select, update on sys.workers to {{p}}_claimer;
grant select on sys.workers to {{p}}_copier;

create schema sallyport_meta authorization {{migrator}};

create table sallyport_meta.migrations (
  version integer not null,
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  release text,
  constraint migrations_pkey PRIMARY KEY (version)
);
alter table sallyport_meta.migrations owner to {{migrator}};
