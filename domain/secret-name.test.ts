import { expect, test } from 'vitest';
import { isSecretName } from './secret-name.ts';

test.each(
  (
    'api_key apiKey API_KEY openai_key WANDB_API_KEY token hf_token HFToken auth-token aws_session_token ' +
    'password db_password secret client_secret aws_secret_access_key private_key credentials passphrase ' +
    'api_keys access_tokens service_account_key'
  ).split(' '),
)('%s is a secret’s name', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(
  (
    'key keys pad_token eosToken mask_token max_tokens num_tokens tokenizer token_dim label_key image_key ' +
    'key_dim num_key_value_heads monkey secretary keyboard lr hidden_size'
  ).split(' '),
)('%s is none', (name) => {
  expect(isSecretName(name)).toBe(false);
});
