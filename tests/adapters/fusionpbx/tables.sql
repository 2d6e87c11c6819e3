-- own wording, facts only.  :B is 'boolean' for FusionPBX 5.5 and later, 'text' up to 5.4  (psql -v B=boolean)
CREATE TABLE v_domains (domain_uuid uuid PRIMARY KEY, domain_parent_uuid uuid, domain_name text, domain_enabled :B, domain_description text,
  insert_date timestamptz, insert_user uuid, update_date timestamptz, update_user uuid);
CREATE TABLE v_users (user_uuid uuid PRIMARY KEY, domain_uuid uuid, contact_uuid uuid, username text, password text, salt text, user_email text,
  user_status text, api_key text, user_type text, user_enabled :B, insert_date timestamptz, insert_user uuid, update_date timestamptz, update_user uuid);
CREATE TABLE v_contacts (contact_uuid uuid PRIMARY KEY, domain_uuid uuid, contact_type text, contact_organization text,
  contact_name_given text, contact_name_family text, contact_nickname text, update_date timestamptz);
CREATE TABLE v_contact_emails (contact_email_uuid uuid PRIMARY KEY, domain_uuid uuid, contact_uuid uuid, email_label text, email_primary :B, email_address text);
CREATE TABLE v_extensions (extension_uuid uuid PRIMARY KEY, domain_uuid uuid, extension text, number_alias text, password text, accountcode text,
  effective_caller_id_name text, effective_caller_id_number text, outbound_caller_id_name text, outbound_caller_id_number text,
  emergency_caller_id_name text, emergency_caller_id_number text, directory_first_name text, directory_last_name text,
  user_context text, do_not_disturb :B, forward_all_destination text, forward_all_enabled :B, extension_type text, enabled :B, description text,
  absolute_codec_string text, insert_date timestamptz, insert_user uuid, update_date timestamptz, update_user uuid);
CREATE TABLE v_extension_users (extension_user_uuid uuid PRIMARY KEY, domain_uuid uuid, extension_uuid uuid, user_uuid uuid, insert_date timestamptz);
CREATE TABLE v_extension_settings (extension_setting_uuid uuid PRIMARY KEY, domain_uuid uuid, extension_uuid uuid, extension_setting_type text,
  extension_setting_name text, extension_setting_value text, extension_setting_enabled :B);
CREATE TABLE v_voicemails (voicemail_uuid uuid PRIMARY KEY, domain_uuid uuid, voicemail_id text, voicemail_password text, voicemail_mail_to text, voicemail_enabled :B, update_date timestamptz);
-- FS PBX has these besides
CREATE TABLE extension_advanced_settings (setting_uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), extension_uuid uuid, suspended boolean NOT NULL DEFAULT false);
ALTER TABLE v_users ADD COLUMN extension_uuid uuid;
