-- own wording, facts only (xivo-dao da48888, 26.x). uuid-ossp is what the real schema uses for the defaults.
CREATE TYPE endpoint_sip_section_type AS ENUM ('aor','auth','endpoint','identify','outbound_auth','registration_outbound_auth','registration');
CREATE TYPE extenumbers_type AS ENUM ('extenfeatures','featuremap','generalfeatures','group','incall','outcall','queue','user','voicemenu','conference','parking');
CREATE TABLE tenant (uuid varchar(36) PRIMARY KEY DEFAULT gen_random_uuid()::text, slug varchar(10), global_sip_template_uuid uuid, webrtc_sip_template_uuid uuid);
CREATE TABLE context (id serial PRIMARY KEY, uuid uuid UNIQUE DEFAULT gen_random_uuid(), tenant_uuid varchar(36) NOT NULL REFERENCES tenant(uuid) ON DELETE CASCADE,
  name varchar(79) NOT NULL UNIQUE, displayname varchar(128), contexttype varchar(40) NOT NULL DEFAULT 'internal', commented integer NOT NULL DEFAULT 0);
CREATE TABLE endpoint_sip (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), label text, name text NOT NULL UNIQUE, asterisk_id text,
  tenant_uuid varchar(36) NOT NULL REFERENCES tenant(uuid) ON DELETE CASCADE, transport_uuid uuid, template boolean DEFAULT false);
CREATE TABLE endpoint_sip_template (child_uuid uuid REFERENCES endpoint_sip(uuid) ON DELETE CASCADE, parent_uuid uuid REFERENCES endpoint_sip(uuid) ON DELETE CASCADE,
  priority integer, PRIMARY KEY (child_uuid, parent_uuid));
CREATE TABLE endpoint_sip_section (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), type endpoint_sip_section_type NOT NULL,
  endpoint_sip_uuid uuid NOT NULL REFERENCES endpoint_sip(uuid) ON DELETE CASCADE, UNIQUE (type, endpoint_sip_uuid));
CREATE TABLE endpoint_sip_section_option (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), key text NOT NULL, value text NOT NULL,
  endpoint_sip_section_uuid uuid NOT NULL REFERENCES endpoint_sip_section(uuid) ON DELETE CASCADE);
CREATE TABLE userfeatures (id serial PRIMARY KEY, uuid varchar(38) NOT NULL UNIQUE, firstname varchar(128) NOT NULL DEFAULT '', lastname varchar(128) NOT NULL DEFAULT '',
  email varchar(254) UNIQUE, voicemailid integer, tenant_uuid varchar(36) NOT NULL, callerid varchar(160), outcallerid varchar(80) NOT NULL DEFAULT '',
  mobilephonenumber varchar(128) NOT NULL DEFAULT '', loginclient varchar(254) NOT NULL DEFAULT '', enableclient integer NOT NULL DEFAULT 0, commented integer NOT NULL DEFAULT 0,
  func_key_private_template_id integer NOT NULL DEFAULT 0, description text NOT NULL DEFAULT '', created_at timestamp DEFAULT (now() at time zone 'utc'));
CREATE TABLE linefeatures (id serial PRIMARY KEY, name varchar(128) UNIQUE, number varchar(40), context varchar(79) NOT NULL REFERENCES context(name) ON DELETE CASCADE,
  provisioningid integer NOT NULL, num integer DEFAULT 1, commented integer NOT NULL DEFAULT 0, endpoint_sip_uuid uuid REFERENCES endpoint_sip(uuid) ON DELETE SET NULL,
  endpoint_sccp_id integer, endpoint_custom_id integer);
CREATE TABLE user_line (user_id integer NOT NULL REFERENCES userfeatures(id) ON DELETE CASCADE, line_id integer NOT NULL REFERENCES linefeatures(id) ON DELETE CASCADE,
  main_user boolean NOT NULL, main_line boolean NOT NULL, PRIMARY KEY (user_id, line_id));
CREATE TABLE extensions (id serial PRIMARY KEY, commented integer NOT NULL DEFAULT 0, context varchar(79) NOT NULL DEFAULT '' REFERENCES context(name) ON DELETE CASCADE,
  exten varchar(40) NOT NULL DEFAULT '', type extenumbers_type NOT NULL, typeval varchar(255) NOT NULL DEFAULT '', UNIQUE (exten, context));
CREATE TABLE line_extension (line_id integer NOT NULL REFERENCES linefeatures(id) ON DELETE CASCADE, extension_id integer NOT NULL REFERENCES extensions(id) ON DELETE CASCADE,
  main_extension boolean NOT NULL, PRIMARY KEY (line_id, extension_id));
CREATE TABLE trunkfeatures (id serial PRIMARY KEY, tenant_uuid varchar(36) NOT NULL, endpoint_sip_uuid uuid REFERENCES endpoint_sip(uuid) ON DELETE SET NULL, context varchar(79));
CREATE TABLE func_key_template (id serial PRIMARY KEY, name varchar(128), private boolean NOT NULL DEFAULT false, tenant_uuid varchar(36));
CREATE TABLE meeting (uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, guest_endpoint_sip_uuid uuid REFERENCES endpoint_sip(uuid) ON DELETE SET NULL,
  tenant_uuid varchar(36) NOT NULL REFERENCES tenant(uuid) ON DELETE CASCADE);
-- the indexes of foreign keys (since 2022)
CREATE INDEX endpoint_sip_section__idx__endpoint_sip_uuid ON endpoint_sip_section(endpoint_sip_uuid);
CREATE INDEX endpoint_sip_section_option__idx__endpoint_sip_section_uuid ON endpoint_sip_section_option(endpoint_sip_section_uuid);
CREATE INDEX linefeatures__idx__endpoint_sip_uuid ON linefeatures(endpoint_sip_uuid);
CREATE INDEX user_line__idx__user_id ON user_line(user_id);
CREATE INDEX user_line__idx__line_id ON user_line(line_id);
CREATE INDEX line_extension__idx__line_id ON line_extension(line_id);
CREATE INDEX line_extension__idx__extension_id ON line_extension(extension_id);
CREATE INDEX trunkfeatures__idx__endpoint_sip_uuid ON trunkfeatures(endpoint_sip_uuid);
CREATE INDEX meeting__idx__guest_endpoint_sip_uuid ON meeting(guest_endpoint_sip_uuid);
-- columns that users write themselves, with their phones' keys
ALTER TABLE userfeatures ADD COLUMN enablednd integer NOT NULL DEFAULT 0, ADD COLUMN enableunc integer NOT NULL DEFAULT 0, ADD COLUMN destunc varchar(128) NOT NULL DEFAULT '';
