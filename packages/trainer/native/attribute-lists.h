// Compiled into tfjs-node's addon in front of its own source, which sets each text and type of an operation as a single
// one. Fused convolutions take lists of both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_status.h"

enum class Declared { no, single, list };

inline Declared declared(TFE_Op* operation, const char* name) {
  unsigned char isList = 0;
  TF_Status* status = TF_NewStatus();
  TFE_OpGetAttrType(operation, name, &isList, status);
  const bool known = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  if (!known) return Declared::no;
  return isList != 0 ? Declared::list : Declared::single;
}

// A text becomes a list where the operation declares one; its parts lie between commas.
inline void setText(TFE_Op* operation, const char* name, const void* text, size_t length) {
  if (declared(operation, name) != Declared::list)
    return TFE_OpSetAttrString(operation, name, text, length);
  const std::string all(static_cast<const char*>(text), length);
  std::vector<const void*> parts;
  std::vector<size_t> lengths;
  for (size_t start = 0; start < all.size(); start += lengths.back() + 1) {
    parts.push_back(all.data() + start);
    lengths.push_back(std::min(all.find(',', start), all.size()) - start);
  }
  TFE_OpSetAttrStringList(operation, name, parts.data(), lengths.data(), static_cast<int>(parts.size()));
}

// A type becomes a list of one where the operation declares no single one: the kernel of the fused convolution reads a
// list, TArgs, that the operation does not declare at all.
inline void setType(TFE_Op* operation, const char* name, TF_DataType type) {
  if (declared(operation, name) == Declared::single) return TFE_OpSetAttrType(operation, name, type);
  TFE_OpSetAttrTypeList(operation, name, &type, 1);
}

#define TFE_OpSetAttrString setText
#define TFE_OpSetAttrType setType
