-- Usage, budgets of a tenant, and what is known of its standing with Stripe: ids, states, amounts, periods and mode, nothing of a person.

grant usage on schema app, sys to {{p}}_biller;
set role {{p}}_owner;
grant execute on function app.current_tenant() to {{p}}_biller;

alter table app.reservations add column price_id text;
alter table app.reservations add column price_input numeric(20, 10) not null default 0;
alter table app.reservations add column price_output numeric(20, 10) not null default 0;

-- One row a model step. The key is the second lock against a double charge: `step:<n>`, or `step:<n>:lost:<reservation>`.
-- The price is written down with the cost, so that a later price never changes the past.
create table app.usage (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  effect_key text not null check (length(effect_key) between 1 and 200),
  user_id uuid not null,
  skill_name text not null,
  model text not null,
  input_tokens bigint not null check (input_tokens >= 0),
  output_tokens bigint not null check (output_tokens >= 0),
  cached_tokens bigint not null default 0 check (cached_tokens >= 0),
  cost numeric(20, 10) not null check (cost >= 0),
  reserved_tokens bigint not null,
  reserved_cost numeric(20, 10) not null,
  over_reserved boolean not null generated always as (cost > reserved_cost or input_tokens + output_tokens > reserved_tokens) stored,
  price_id text not null,
  price_input numeric(20, 10) not null,
  price_output numeric(20, 10) not null,
  settlement text not null check (settlement in ('settled', 'lost')),
  day date not null default (clock_timestamp() at time zone 'UTC')::date,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, effect_key),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);
create index usage_by_day on app.usage (tenant_id, day);

create table app.budgets (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  period text not null check (period in ('day', 'month', 'total')),
  limit_cost numeric(20, 10) check (limit_cost >= 0),
  limit_tokens bigint check (limit_tokens >= 0),
  state text not null default 'active' check (state in ('active', 'paused')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  check (limit_cost is not null or limit_tokens is not null)
);

-- What is held and what is spent in one period of a budget. Its row is the lock that all runs of the tenant share,
-- always taken after the row of the run, and several of them in the order of their budgets.
create table app.budget_periods (
  tenant_id uuid not null,
  budget_id uuid not null,
  starts date not null,
  held_cost numeric(20, 10) not null default 0 check (held_cost >= 0),
  held_tokens bigint not null default 0 check (held_tokens >= 0),
  spent_cost numeric(20, 10) not null default 0,
  spent_tokens bigint not null default 0,
  primary key (tenant_id, budget_id, starts),
  foreign key (tenant_id, budget_id) references app.budgets (tenant_id, id)
);

-- Which periods a reservation is held in, and how much of them; given back once.
create table app.budget_holds (
  tenant_id uuid not null,
  reservation_id uuid not null,
  budget_id uuid not null,
  starts date not null,
  cost numeric(20, 10) not null,
  tokens bigint not null,
  state text not null default 'open' check (state in ('open', 'closed')),
  primary key (tenant_id, reservation_id, budget_id),
  foreign key (tenant_id, reservation_id) references app.reservations (tenant_id, id),
  foreign key (tenant_id, budget_id, starts) references app.budget_periods (tenant_id, budget_id, starts)
);

-- The only way from a customer to a tenant (ST7). One customer belongs to one tenant; a tenant has one a mode.
create table app.billing_customers (
  tenant_id uuid not null references app.tenants (tenant_id),
  mode text not null check (mode in ('test', 'live')),
  customer_id text not null check (customer_id ~ '^[A-Za-z0-9_]{1,255}$'),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, mode),
  unique (mode, customer_id)
);

create table app.billing_events (
  tenant_id uuid not null references app.tenants (tenant_id),
  mode text not null check (mode in ('test', 'live')),
  event_id text not null check (event_id ~ '^[A-Za-z0-9_#-]{1,255}$'),
  type text not null check (type ~ '^[a-z0-9_.]{1,100}$'),
  object_id text not null check (object_id ~ '^[A-Za-z0-9_]{1,255}$'),
  received_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, mode, event_id),
  unique (mode, event_id)
);

-- The ledger of what objects of Stripe came to: each transition once, whichever events told of it.
create table app.billing_transitions (
  tenant_id uuid not null references app.tenants (tenant_id),
  mode text not null check (mode in ('test', 'live')),
  object_id text not null check (object_id ~ '^[A-Za-z0-9_]{1,255}$'),
  transition text not null check (transition ~ '^[a-z_.]{1,60}(#[a-f0-9-]{36})?$'),
  amount_minor bigint,
  currency text check (currency ~ '^[a-z]{3}$'),
  period_start timestamptz,
  period_end timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, mode, object_id, transition),
  unique (mode, object_id, transition)
);

-- `ticket` is drawn before the state is asked for: a state that was asked for earlier never overwrites a later one (ST6).
create table app.billing_subscriptions (
  tenant_id uuid not null references app.tenants (tenant_id),
  mode text not null check (mode in ('test', 'live')),
  subscription_id text not null check (subscription_id ~ '^[A-Za-z0-9_]{1,255}$'),
  status text not null check (status ~ '^[a-z_]{1,40}$'),
  price_id text check (price_id ~ '^[A-Za-z0-9_]{1,255}$'),
  period_start timestamptz,
  period_end timestamptz,
  ticket bigint not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, mode, subscription_id),
  unique (mode, subscription_id)
);

create table app.billing_balances (
  tenant_id uuid not null references app.tenants (tenant_id),
  mode text not null check (mode in ('test', 'live')),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  paid_minor bigint not null default 0,
  primary key (tenant_id, mode, currency)
);

do $walls$
declare t text;
begin
  foreach t in array array['usage', 'budgets', 'budget_periods', 'budget_holds', 'billing_customers', 'billing_events', 'billing_transitions',
      'billing_subscriptions', 'billing_balances'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
  end loop;
end $walls$;

grant select, insert on app.usage to {{p}}_tenant;
grant select, insert, update (name, limit_cost, limit_tokens, state) on app.budgets to {{p}}_tenant;
grant select, insert, update (held_cost, held_tokens, spent_cost, spent_tokens) on app.budget_periods to {{p}}_tenant;
grant select, insert, update (state) on app.budget_holds to {{p}}_tenant;
-- A customer is linked by the operator (a function of schema sys), never by the tenant itself.
grant select on app.billing_customers to {{p}}_tenant;
grant select, insert on app.billing_events, app.billing_transitions to {{p}}_tenant;
grant select, insert, update (status, price_id, period_start, period_end, ticket, updated_at) on app.billing_subscriptions to {{p}}_tenant;
grant select, insert, update (paid_minor) on app.billing_balances to {{p}}_tenant;

-- Events whose customer no tenant has: kept for a person to look at, without a tenant.
create table sys.billing_parked (
  mode text not null check (mode in ('test', 'live')),
  event_id text not null check (event_id ~ '^[A-Za-z0-9_#-]{1,255}$'),
  type text not null check (type ~ '^[a-z0-9_.]{1,100}$'),
  object_id text not null check (object_id ~ '^[A-Za-z0-9_]{1,255}$'),
  customer_id text check (customer_id ~ '^[A-Za-z0-9_]{1,255}$'),
  received_at timestamptz not null default clock_timestamp(),
  primary key (mode, event_id)
);
create sequence sys.billing_tickets;
grant select, insert on sys.billing_parked to {{p}}_biller;
grant usage on sequence sys.billing_tickets to {{p}}_biller;

create policy bill_customers on app.billing_customers to {{p}}_biller using (true) with check (true);
grant select, insert on app.billing_customers to {{p}}_biller;
create policy bill_tenants on app.tenants for select to {{p}}_biller using (true);
grant select (tenant_id, state) on app.tenants to {{p}}_biller;
create policy bill_events on app.billing_events for select to {{p}}_biller using (true);
grant select (mode, event_id) on app.billing_events to {{p}}_biller;

grant create on schema sys to {{p}}_biller;
set role {{p}}_biller;

create function sys.find_billing_tenant(p_mode text, p_customer text) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select c.tenant_id from app.billing_customers c where c.mode = p_mode and c.customer_id = p_customer
$f$;

-- Links once: neither a customer to a second tenant nor a tenant to a second customer. The answer is whose it is.
create function sys.link_billing_customer(p_tenant uuid, p_mode text, p_customer text) returns table (linked boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into app.billing_customers (tenant_id, mode, customer_id)
  select t.tenant_id, p_mode, p_customer from app.tenants t where t.tenant_id = p_tenant and t.state = 'active'
  on conflict do nothing returning true as linked
$f$;

create function sys.draw_billing_ticket(p_mode text, p_event text) returns table (ticket bigint, known boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  select nextval('sys.billing_tickets'), exists (select 1 from app.billing_events e where e.mode = p_mode and e.event_id = p_event)
$f$;

create function sys.park_billing_event(p_mode text, p_event text, p_type text, p_object text, p_customer text) returns table (parked boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into sys.billing_parked (mode, event_id, type, object_id, customer_id) values (p_mode, p_event, p_type, p_object, p_customer)
  on conflict do nothing returning true as parked
$f$;

revoke all on function sys.find_billing_tenant(text, text), sys.link_billing_customer(uuid, text, text), sys.draw_billing_ticket(text, text),
  sys.park_billing_event(text, text, text, text, text) from public;
grant execute on function sys.find_billing_tenant(text, text), sys.link_billing_customer(uuid, text, text), sys.draw_billing_ticket(text, text),
  sys.park_billing_event(text, text, text, text, text) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_biller;
reset role;
