terraform {
  required_providers {
    notes = { source = "example/notes" }
  }
}

variable "folder" {
  type = string
}

variable "text" {
  type    = string
  default = "Buy milk\nand bread."
}

variable "title" {
  type    = string
  default = "Shopping List"
}

provider "notes" {
  folder = var.folder
}

ephemeral "notes_passphrase" "this" {
  words = 2
}

resource "notes_note" "this" {
  name     = provider::notes::slug(var.title)
  text     = var.text
  labels   = ["Food", "today"]
  password = ephemeral.notes_passphrase.this.text
  readers = {
    ann = { writes = true }
    bob = {}
  }
}

data "notes_note" "again" {
  name = notes_note.this.name
}

output "text" {
  value = data.notes_note.again.text
}

output "file" {
  value = notes_note.this.file
}
